using System.Globalization;
using static Back2Code.IntegrationTests.Identity.HostileRequests.HostileRequest;

namespace Back2Code.IntegrationTests.Identity.HostileRequests;

/// <summary>Forms that are too large, or say the same in more than one way.</summary>
internal static class HostileForms
{
    public static IEnumerable<HostileRequest> All => [.. Oversized(), .. Encodings()];

    private static IEnumerable<HostileRequest> Oversized()
    {
        yield return Token("a form of 70,000 bytes", Right.Error("invalid_request", 413), static _ => string.Join('&', Enumerable.Range(0, 5).Select(n => $"p{n}={new string('x', 14_000)}")));
        yield return Token("a value of 17,000 characters", Right.Error("invalid_request"), s => s.WorkerForm(("scope", new string('x', 17_000))));
        yield return Token("a name of 300 characters", Right.Error("invalid_request"), s => s.WorkerForm() + $"&{new string('n', 300)}=1");
        yield return Token("65 parameters", Right.Error("invalid_request"), static _ => string.Join('&', Enumerable.Range(0, 65).Select(n => $"p{n}=1")));
        yield return Token("ten thousand ampersands", Right.Error("invalid_request"), static _ => new string('&', 10_000));
        yield return Token("ten thousand equals signs", Right.Error("invalid_request"), static _ => new string('=', 10_000));
        yield return new("a form that promises a gigabyte", Right.Error("invalid_request", 413), static _ =>
            Task.FromResult(RawHttp.Head("POST", "/oauth2/token", [$"Content-Type: {RawHttp.FormType}", "Content-Length: 1073741824"]) + "\r\ngrant_type=client_credentials"));
        yield return new("a form in chunks that never ends", Right.Error("invalid_request", 413), static _ =>
            Task.FromResult(RawHttp.Head("POST", "/oauth2/token", [$"Content-Type: {RawHttp.FormType}", "Transfer-Encoding: chunked"]) + "\r\n"
                + string.Concat(Enumerable.Range(0, 10).Select(n => $"2000\r\np{n}={new string('x', 8_192 - 4)}&\r\n"))));
        yield return new("a page's form of 70,000 bytes", Right.Page(413), static s =>
            Task.FromResult(RawHttp.Form("/sign-in", string.Join('&', Enumerable.Range(0, 5).Select(n => $"p{n}={new string('x', 14_000)}")), s.Cookies)));
        yield return new("an address of 10,000 characters", Right.Http(414), static _ => Task.FromResult(RawHttp.Get("/oauth2/authorize?x=" + new string('x', 10_000))));
        yield return new("a header of 40,000 characters", Right.Http(431), static _ => Task.FromResult(RawHttp.Get("/sign-in", "Cookie: b2c-session=" + new string('x', 40_000))));
        yield return new("two hundred headers", Right.Http(431), static _ =>
            Task.FromResult(RawHttp.Get("/sign-in", [.. Enumerable.Range(0, 200).Select(static n => $"X-{n.ToString(CultureInfo.InvariantCulture)}: 1")])));
        yield return new("a session of 5,000 characters", Right.SignIn, static s => Task.FromResult(RawHttp.Get("/account", "Cookie: b2c-session=" + new string('x', 5_000))));
        yield return new("a session of an escape that is none", Right.SignIn, static s => Task.FromResult(RawHttp.Get("/account", "Cookie: b2c-session=%zz%00%FF")));
        yield return new("a password of 10,000 characters", Right.Page(401), static s =>
            Task.FromResult(RawHttp.Form("/sign-in", $"form_token={s.FormToken}&name={s.User.Name}&password={new string('p', 10_000)}", s.Cookies)));
        yield return new("a name of 10,000 characters", Right.Page(401), static s =>
            Task.FromResult(RawHttp.Form("/sign-in", $"form_token={s.FormToken}&name={new string('n', 10_000)}&password=x", s.Cookies)));
        yield return new("a challenge of 10,000 characters", Right.Page(401), static s =>
            Task.FromResult(RawHttp.Form("/sign-in/code", $"form_token={s.FormToken}&challenge=1.{new string('A', 10_000)}&code=1", s.Cookies)));
    }

    private static IEnumerable<HostileRequest> Encodings()
    {
        yield return Token("a parameter twice", Right.Error("invalid_request"), static s => s.WorkerForm() + "&scope=notes%3Aread&scope=users%3Awrite");
        yield return Token("a parameter twice, in two cases", Right.Error("invalid_request"), static s => s.WorkerForm() + "&scope=notes%3Aread&SCOPE=users%3Awrite");
        yield return Token("a parameter twice, once escaped", Right.Error("invalid_request"), static s => s.WorkerForm() + "&scope=notes%3Aread&sc%6Fpe=users%3Awrite");
        yield return Token("a grant twice", Right.Error("invalid_request"), static s => s.WorkerForm() + "&grant_type=refresh_token");
        yield return Token("a parameter in capitals alone, which means nothing", Right.Error("invalid_request"), static s => s.WorkerForm(("grant_type", null), ("GRANT_TYPE", "client_credentials")));
        yield return Token("a parameter as an array", Right.Error("invalid_request"), static s => s.WorkerForm(("grant_type", null), ("grant_type[]", "client_credentials")));
        yield return Token("semicolons between parameters", Right.Error("unsupported_grant_type"), static s => s.WorkerForm().Replace('&', ';'));
        yield return Token("JSON in a form", Right.Error("invalid_request"), static s => $$"""{"grant_type":"client_credentials","client_id":"{{s.Worker.Id}}"}""");
        yield return Token("an empty form", Right.Error("invalid_request"), static _ => "");
        yield return Token("a mark of byte order in front", Right.Error("invalid_request"), static s => "\u00EF\u00BB\u00BF" + s.WorkerForm());
        yield return Token("raw bytes that are not UTF-8", Right.Error("invalid_scope"), static s => s.WorkerForm(("scope", "\u00FF\u00FE")));
        yield return Token("half a pair", Right.Error("invalid_scope"), static s => s.WorkerForm(("scope", "%ED%A0%80")));
        yield return Token("a colon in too many bytes", Right.Error("invalid_scope"), static s => s.WorkerForm(("scope", "notes%C0%BAread")));
        yield return Token("a full-width colon", Right.Error("invalid_scope"), static s => s.WorkerForm(("scope", "notes%EF%BC%9Aread")));
        yield return Token("an escape of scripts", Right.Error("invalid_scope"), static s => s.WorkerForm(("scope", "notes%u003Aread")));
        yield return Token("escaped twice", Right.Error("invalid_scope"), static s => s.WorkerForm(("scope", "notes%253Aread")));
        yield return Token("escapes that are cut off", Right.Error("invalid_scope"), static s => s.WorkerForm(("scope", "notes%3Aread%")));
        yield return Token("a zero character", Right.Error("invalid_request"), static s => s.WorkerForm(("scope", "notes%3Aread%00")));
        yield return Token("a raw zero byte", Right.Error("invalid_request"), static s => s.WorkerForm(("scope", "notes:read\0")));
        yield return Token("every letter escaped, which is the same text", Right.Issued, static s => s.WorkerForm(("scope", "%6E%6F%74%65%73%3A%72%65%61%64")));
        yield return Token("escapes in small letters, which are the same", Right.Issued, static s => s.WorkerForm(("scope", "notes%3aread")));
        yield return Token("parameters that mean nothing are ignored (RFC 6749 section 3.2)", Right.Issued, static s => s.WorkerForm(("evil", "%22%3E%3Cscript%3E")));
        foreach (string type in (string[])["application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded-not", "text/html", "x"])
        {
            yield return new($"a form that says it is {type}", Right.Error("invalid_request"), s => Task.FromResult(RawHttp.Post("/oauth2/token", type, s.WorkerForm())));
        }

        yield return new("a form in UTF-16 that is not", Right.Error("invalid_request"), static s => Task.FromResult(RawHttp.Post("/oauth2/token", RawHttp.FormType + "; charset=utf-16", s.WorkerForm())));
        yield return new("a form that says it is packed", Right.Error("invalid_request"), static s => Task.FromResult(RawHttp.Form("/oauth2/token", "\u001f\u008b\b\0", "Content-Encoding: gzip")));
        yield return new("a form by GET", Right.Http(405), static s => Task.FromResult(RawHttp.Get("/oauth2/token?" + s.WorkerForm())));
        yield return new("another method by a header", Right.Http(405), static s => Task.FromResult(RawHttp.Get("/oauth2/token?" + s.WorkerForm(), "X-HTTP-Method-Override: POST")));
        yield return new("a path in capitals with dots", Right.Http(404, 405), static _ => Task.FromResult(RawHttp.Get("/oauth2/token/..;/../v1/users")));
        yield return new("a path of backslashes", Right.Http(400, 404), static _ => Task.FromResult(RawHttp.Get("/oauth2\\..\\v1\\users")));
        yield return new("a path with a zero character", Right.Http(400, 404), static _ => Task.FromResult(RawHttp.Get("/sign-in%00")));
        yield return new("a path in too many bytes", Right.Http(400, 404), static _ => Task.FromResult(RawHttp.Get("/%C0%AE%C0%AE/v1/users")));
        yield return new("a whole address where a path belongs, of another host than the header", Right.Http(400), static _ => Task.FromResult(RawHttp.Get("http://evil.test/sign-in")));
    }
}
