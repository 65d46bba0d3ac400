namespace Back2Code.IntegrationTests.Identity.HostileRequests;

/// <summary>Forms from elsewhere, links that lead elsewhere, and text that would be more than text.</summary>
internal static class HostilePages
{
    public static IEnumerable<HostileRequest> All => [.. Consent(), .. Forms(), .. OpenRedirects(), .. Injections()];

    private static IEnumerable<HostileRequest> Consent()
    {
        yield return Post("consent: without the mark of our page", Right.Page(403), "/consent", s => $"decision=allow&continue={s.Continue()}", s => [s.Cookies]);
        yield return Post("consent: with a made-up mark", Right.Page(403), "/consent", s => $"decision=allow&form_token={new string('A', 43)}&continue={s.Continue()}", s => [s.Cookies]);
        yield return Post("consent: with an empty mark", Right.Page(403), "/consent", s => $"decision=allow&form_token=&continue={s.Continue()}", s => [s.Cookies]);
        yield return Post("consent: two marks", Right.Page(400), "/consent", s => $"decision=allow&form_token=A&form_token={s.FormToken}&continue={s.Continue()}", s => [s.Cookies]);
        yield return Post("consent: a good mark without its cookie", Right.Page(403), "/consent", s => $"decision=allow&form_token={s.FormToken}&continue={s.Continue()}", static _ => []);
        yield return Post(
            "consent: a good mark with a cookie that somebody else has set", Right.Page(403), "/consent",
            s => $"decision=allow&form_token={s.FormToken}&continue={s.Continue()}", s => [s.Cookies.Replace("b2c-form=", "b2c-form=evil", StringComparison.Ordinal)]);
        yield return Post(
            "consent: a good mark from a page elsewhere", Right.Page(403), "/consent",
            s => $"decision=allow&form_token={s.FormToken}&continue={s.Continue()}", s => [s.Cookies, "Origin: http://evil.test"]);
        yield return Post(
            "consent: a good mark from a page without an origin, such as a sandbox", Right.Page(403), "/consent",
            s => $"decision=allow&form_token={s.FormToken}&continue={s.Continue()}", s => [s.Cookies, "Origin: null"]);
        yield return Post("consent: to a request that is not there", Right.Page(400), "/consent", s => $"decision=allow&form_token={s.FormToken}", s => [s.Cookies]);
        yield return Post("consent: to an address elsewhere", Right.Page(400), "/consent", s => $"decision=allow&form_token={s.FormToken}&continue=http%3A%2F%2Fevil.test%2F", s => [s.Cookies]);
        yield return Post(
            "consent: to a request that leads elsewhere", Right.Page(400), "/consent",
            s => $"decision=allow&form_token={s.FormToken}&continue={s.Continue(("redirect_uri", "http%3A%2F%2Fevil.test%2F"))}", s => [s.Cookies]);
        yield return Post(
            "consent: to a request without PKCE", Right.Page(400), "/consent",
            s => $"decision=allow&form_token={s.FormToken}&continue={s.Continue(("code_challenge", null))}", s => [s.Cookies]);
        yield return Post("consent: undecided, which allows nothing", Right.Back("access_denied"), "/consent", s => $"form_token={s.FormToken}&continue={s.Continue()}", s => [s.Cookies]);
        yield return Post(
            "consent: to a sign-in that never was", Right.SignIn, "/consent",
            s => $"decision=allow&form_token={s.FormToken}&continue={s.Continue(("prompt", "login"), ("b2c_began", "0.AAAA"))}", s => [s.Cookies]);
        yield return new("consent: by a link", Right.Http(405), s => Task.FromResult(RawHttp.Get($"/consent?decision=allow&form_token={s.FormToken}&continue={s.Continue()}", s.Cookies)));
        foreach (string type in (string[])["text/plain", "application/json", "multipart/form-data; boundary=x", "application/xml"])
        {
            yield return new($"consent: as {type}, which a page elsewhere could send", Right.Page(400), s =>
                Task.FromResult(RawHttp.Post("/consent", type, $"decision=allow&form_token={s.FormToken}&continue={s.Continue()}", s.Cookies)));
        }
    }

    private static IEnumerable<HostileRequest> Forms()
    {
        foreach (string path in (string[])
        [
            "/sign-in", "/sign-in/code", "/sign-out", "/device", "/register", "/register/confirm", "/reset-password", "/reset-password/confirm",
            "/account", "/account/password", "/account/email", "/account/email/confirm", "/account/second-factor",
        ])
        {
            yield return Post($"a form for {path} from a page elsewhere", Right.Page(403), path, static _ => "name=ada&password=x&action=off&end=others&token=x", s => [s.Cookies]);
            yield return Post(
                $"a form for {path} with a good mark from a page elsewhere", Right.Page(403), path,
                s => $"form_token={s.FormToken}&name=ada&password=x&action=off&end=others&token=x", s => [s.Cookies, "Origin: https://evil.test"]);
        }
    }

    private static IEnumerable<HostileRequest> OpenRedirects()
    {
        foreach (string target in (string[])
        [
            "http://evil.test/", "//evil.test/", "/\\evil.test/", "\\\\evil.test", "https:evil.test", "javascript:alert(1)", "/oauth2/authorize@evil.test", "/oauth2/authorize.evil.test/?x",
            "/oauth2/authorize/../../evil?x", "/account/../evil", "/account//evil.test", "/accountant", "/device@evil.test", "/oauth2/authorize?x=\u2028", "/oauth2/authorize?\u00e9",
            "/sign-out", "/v1/users", " /account", "/account#evil",
        ])
        {
            yield return new($"after the sign-in: '{target}'", Right.Harmless, _ => Task.FromResult(RawHttp.Get("/sign-in?continue=" + RawHttp.Encode(target))));
        }

        foreach (string target in (string[])["http://evil.test/", "//evil.test", "http://127.0.0.1:9/signed-out/", "http://127.0.0.1:9/callback", "javascript:alert(1)"])
        {
            yield return new($"after signing out: '{target}'", Right.Page(400), s =>
                Task.FromResult(RawHttp.Get($"/oauth2/logout?client_id={s.Web.Id}&post_logout_redirect_uri={RawHttp.Encode(target)}", s.Cookies)));
        }

        yield return new("after signing out: a good address and nobody who says so", Right.Page(400), _ =>
            Task.FromResult(RawHttp.Get($"/oauth2/logout?post_logout_redirect_uri={RawHttp.Encode(Browser.SignedOutUri)}")));
        yield return new("after signing out: a good address and a token that is none", Right.Page(400), _ =>
            Task.FromResult(RawHttp.Get($"/oauth2/logout?id_token_hint=a.b.c&post_logout_redirect_uri={RawHttp.Encode(Browser.SignedOutUri)}")));
        yield return new("the host of another server", Right.SignIn, s =>
            Task.FromResult(RawHttp.Get("/oauth2/authorize?" + HostileScene.AuthorizeQuery(s.Web), "Host: evil.test", "X-Forwarded-Host: evil.test", "X-Forwarded-Proto: gopher")));
    }

    private static IEnumerable<HostileRequest> Injections()
    {
        const string header = "%0D%0AX-Evil%3A%201";
        foreach (string name in (string[])["state", "nonce", "scope", "login_hint", "prompt", "x"])
        {
            yield return HostileRequest.Authorize($"a header in {name}", Right.Page(400), (name, "a" + header));
        }

        yield return HostileRequest.Authorize("a terminal's escape in login_hint", Right.Page(400), ("login_hint", "%1B%5B31mforged"));
        yield return HostileRequest.Authorize("a line separator in state, which comes back escaped", Right.SignIn, ("state", "a%E2%80%A8b"));
        yield return new("a header in a parameter's name", Right.Page(400), s => Task.FromResult(RawHttp.Get($"/oauth2/authorize?{HostileScene.AuthorizeQuery(s.Web)}&a{header}=1")));
        yield return new("a header after the sign-in", Right.Page(400), _ => Task.FromResult(RawHttp.Get($"/sign-in?continue=%2Foauth2%2Fauthorize%3F{header}")));
        yield return new("a header in the device's code", Right.Page(400), s => Task.FromResult(RawHttp.Get($"/device?user_code=A{header}", s.Cookies)));
        yield return new("a line for the log in a client's name", Right.Error("invalid_request"), _ => Task.FromResult(RawHttp.Form("/oauth2/token", $"grant_type=client_credentials&client_id=a%0A2026-01-01%20forged")));
        yield return new("a line for the log in a user's name", Right.Page(400), s =>
            Task.FromResult(RawHttp.Form("/sign-in", $"form_token={s.FormToken}&name=ada%0Aforged&password=x", s.Cookies)));
        yield return new("a terminal's escape in the browser's name", Right.Harmless, _ => Task.FromResult(RawHttp.Get("/sign-in", "User-Agent: \u001b[31mforged")));
        yield return new("a line break within a header", Right.Http(400), _ => Task.FromResult(RawHttp.Get("/sign-in", "X-A: b\rforged")));
        yield return new("a trace that is none", Right.Harmless, _ => Task.FromResult(RawHttp.Get("/sign-in", "traceparent: 00-forged-forged-01", "tracestate: \"forged=1")));
        yield return new("addresses that are none", Right.Harmless, _ => Task.FromResult(RawHttp.Get("/sign-in", "X-Forwarded-For: forged, ,999.1.1.1")));
        yield return new("two lengths, of which a proxy may take the other", Right.Http(400), s => Task.FromResult(
            RawHttp.Head("POST", "/oauth2/token", [$"Content-Type: {RawHttp.FormType}", "Content-Length: 5", "Content-Length: 6"]) + "\r\na=b&c"));
        yield return new("a length and chunks", Right.Http(400), s => Task.FromResult(
            RawHttp.Head("POST", "/oauth2/token", [$"Content-Type: {RawHttp.FormType}", "Content-Length: 3", "Transfer-Encoding: chunked"]) + "\r\n3\r\na=b\r\n0\r\n\r\n"));
        yield return new("markup in an e-mail address", Right.Page(400), s =>
            Task.FromResult(RawHttp.Form("/register", $"form_token={s.FormToken}&email=%3Cscript%3Ealert(1)%3C%2Fscript%3E%40example.test", s.Cookies)));
        yield return new("a second recipient in an e-mail address", Right.Page(400), s =>
            Task.FromResult(RawHttp.Form("/register", $"form_token={s.FormToken}&email=a%40example.test%2Cb%40example.test", s.Cookies)));
        yield return new("a header of the mail in an e-mail address", Right.Page(400), s =>
            Task.FromResult(RawHttp.Form("/register", $"form_token={s.FormToken}&email=a%40example.test%0D%0ABcc%3A%20b%40example.test", s.Cookies)));
        yield return new("a header of the mail where a name is asked for", Right.Page(400), s =>
            Task.FromResult(RawHttp.Form("/reset-password", $"form_token={s.FormToken}&account=ada%0D%0ABcc%3A%20b%40example.test", s.Cookies)));
    }

    private static HostileRequest Post(string name, Right right, string path, Func<HostileScene, string> body, Func<HostileScene, string[]> headers) =>
        new(name, right, scene => Task.FromResult(RawHttp.Form(path, body(scene), headers(scene))));
}
