using static Back2Code.IntegrationTests.Identity.HostileRequests.HostileRequest;

namespace Back2Code.IntegrationTests.Identity.HostileRequests;

/// <summary>Requests at the authorization endpoint: where to send the user, and how to weaken the proof that protects the code.</summary>
internal static class HostileAuthorizations
{
    public static IEnumerable<HostileRequest> All => [.. RedirectUris(), .. Pkce(), .. Other()];

    private static IEnumerable<HostileRequest> RedirectUris()
    {
        foreach (var (what, uri) in ((string, string)[])
        [
            ("a slash behind it", "http://127.0.0.1:9/callback/"),
            ("another port (RFC 8252 section 7.3 is for native clients; none is registered here)", "http://127.0.0.1:10/callback"),
            ("no port", "http://127.0.0.1/callback"),
            ("another path", "http://127.0.0.1:9/evil"),
            ("a longer path", "http://127.0.0.1:9/callback/evil"),
            ("a shorter path", "http://127.0.0.1:9/"),
            ("the path in capitals", "http://127.0.0.1:9/CALLBACK"),
            ("the scheme in capitals", "HTTP://127.0.0.1:9/callback"),
            ("the scheme https", "https://127.0.0.1:9/callback"),
            ("the host as one number", "http://2130706433:9/callback"),
            ("the host in hexadecimal", "http://0x7f000001:9/callback"),
            ("the host in fewer parts", "http://127.1:9/callback"),
            ("the host as localhost", "http://localhost:9/callback"),
            ("the host in IPv6", "http://[::1]:9/callback"),
            ("the host as a part of another", "http://127.0.0.1:9.evil.test/callback"),
            ("the host as the user of another", "http://127.0.0.1:9@evil.test/callback"),
            ("a user in front of the host", "http://evil@127.0.0.1:9/callback"),
            ("the host behind a backslash", "http://evil.test\\@127.0.0.1:9/callback"),
            ("ours in the fragment of another", "http://evil.test/#http://127.0.0.1:9/callback"),
            ("ours in the query of another", "http://evil.test/?http://127.0.0.1:9/callback"),
            ("dot segments", "http://127.0.0.1:9/callback/../evil"),
            ("dot segments that lead back", "http://127.0.0.1:9/evil/../callback"),
            ("dot segments, escaped", "http://127.0.0.1:9/callback/%2e%2e/evil"),
            ("an escaped slash behind it", "http://127.0.0.1:9/callback%2f"),
            ("a letter escaped", "http://127.0.0.1:9/%63allback"),
            ("a query", "http://127.0.0.1:9/callback?next=http://evil.test/"),
            ("an empty query", "http://127.0.0.1:9/callback?"),
            ("a fragment", "http://127.0.0.1:9/callback#evil"),
            ("a path parameter", "http://127.0.0.1:9/callback;evil"),
            ("a space behind it", "http://127.0.0.1:9/callback "),
            ("a space in front of it", " http://127.0.0.1:9/callback"),
            ("a line break and a header behind it", "http://127.0.0.1:9/callback\r\nX-Evil: 1"),
            ("a zero character behind it", "http://127.0.0.1:9/callback\0"),
            ("a tab in it", "http://127.0.0.1:9/call\tback"),
            ("two with a space between", "http://127.0.0.1:9/callback http://evil.test/"),
            ("two with a comma between", "http://127.0.0.1:9/callback,http://evil.test/"),
            ("full-width letters", "http://127.0.0.1:9/\uff43allback"),
            ("a full-width slash", "http:\uff0f\uff0f127.0.0.1:9/callback"),
            ("without a scheme", "//127.0.0.1:9/callback"),
            ("a path alone", "/callback"),
            ("a script", "javascript:alert(document.domain)"),
            ("a document", "data:text/html,<script>alert(1)</script>"),
            ("a file", "file:///etc/passwd"),
            ("the address registered for signing out", "http://127.0.0.1:9/signed-out"),
            ("an address of another client", HostileScene.OtherRedirectUri),
            ("a joker", "http://127.0.0.1:9/*"),
            ("the page of markup", "\"><script>alert(1)</script>"),
        ])
        {
            yield return Authorize($"redirect_uri: {what}", Right.Page(400), ("redirect_uri", RawHttp.Encode(uri)));
        }

        yield return Authorize("redirect_uri: escaped twice", Right.Page(400), ("redirect_uri", RawHttp.Encode(RawHttp.Encode(Browser.RedirectUri))));
        yield return Authorize("redirect_uri: missing, though only one is registered", Right.Page(400), ("redirect_uri", null));
        yield return Authorize("redirect_uri: empty", Right.Page(400), ("redirect_uri", ""));
        yield return Authorize("redirect_uri: twice, ours first", Right.Page(400), ("redirect_uri", RawHttp.Encode(Browser.RedirectUri) + "&redirect_uri=http%3A%2F%2Fevil.test%2F"));
        yield return Authorize("redirect_uri: twice, theirs first", Right.Page(400), ("redirect_uri", "http%3A%2F%2Fevil.test%2F&redirect_uri=" + RawHttp.Encode(Browser.RedirectUri)));
        yield return Authorize("redirect_uri: a second one in capitals", Right.Page(400), ("REDIRECT_URI", "http%3A%2F%2Fevil.test%2F"));
        yield return Authorize("redirect_uri: as an array", Right.Page(400), ("redirect_uri", null), ("redirect_uri[]", RawHttp.Encode(Browser.RedirectUri)));
        yield return Authorize("redirect_uri: of 7,000 characters", Right.Page(400), ("redirect_uri", RawHttp.Encode(Browser.RedirectUri) + new string('a', 7_000)));
        yield return Authorize("redirect_uri: bytes that are not UTF-8", Right.Page(400), ("redirect_uri", "http%3A%2F%2F127.0.0.1%3A9%2Fcallback%FF"));
        yield return Authorize("redirect_uri: a slash in too many bytes", Right.Page(400), ("redirect_uri", "http%3A%C0%AF%C0%AF127.0.0.1%3A9%2Fcallback"));
    }

    private static IEnumerable<HostileRequest> Pkce()
    {
        string challenge = Browser.Challenge(Browser.Verifier);
        yield return Authorize("PKCE: left out", Right.Back("invalid_request"), ("code_challenge", null), ("code_challenge_method", null));
        yield return Authorize("PKCE: the method without a challenge", Right.Back("invalid_request"), ("code_challenge", null));
        yield return Authorize("PKCE: no method, which would mean plain (RFC 7636 section 4.3)", Right.Back("invalid_request"), ("code_challenge_method", null));
        foreach (string method in (string[])["plain", "PLAIN", "s256", "S256%20", "S512", "none", "S256%2Cplain"])
        {
            yield return Authorize($"PKCE: the method {method}", Right.Back("invalid_request"), ("code_challenge_method", method));
        }

        yield return Authorize("PKCE: the method plain and the verifier itself", Right.Back("invalid_request"), ("code_challenge", Browser.Verifier), ("code_challenge_method", "plain"));
        foreach (var (what, raw) in ((string, string)[])
        [
            ("empty", ""), ("a character short", challenge[1..]), ("a character long", challenge + "A"), ("padded", challenge[1..] + "%3D"),
            ("in base64 proper", challenge[1..] + "%2B"), ("with a letter that only looks like one of ours", challenge[1..] + "%D0%B0"),
        ])
        {
            yield return Authorize($"PKCE: a challenge that is {what}", Right.Back("invalid_request"), ("code_challenge", raw));
        }

        yield return Authorize("PKCE: a second challenge", Right.Page(400), ("code_challenge", $"{challenge}&code_challenge={challenge}"));
    }

    private static IEnumerable<HostileRequest> Other()
    {
        foreach (string type in (string[])["token", "id_token", "code%20token", "code%20id_token%20token", "none", "CODE", "code%20"])
        {
            yield return Authorize($"response_type {type}: no tokens by way of the browser", Right.Back("unsupported_response_type"), ("response_type", type));
        }

        foreach (string mode in (string[])["fragment", "form_post", "web_message", "query.jwt"])
        {
            yield return Authorize($"response_mode {mode}", Right.Back("invalid_request"), ("response_mode", mode));
        }

        yield return Authorize("a request object that would say all else", Right.Back("request_not_supported"), ("request", "eyJhbGciOiJub25lIn0.e30."));
        yield return Authorize("a request object at an address inside", Right.Back("request_uri_not_supported"), ("request_uri", "http%3A%2F%2F169.254.169.254%2Flatest%2Fmeta-data"));
        yield return Authorize("a scope of no kind", Right.Back("invalid_scope"), ("scope", "openid%20%22%3E%3Cscript%3E"));
        yield return Authorize("a scope of a thousand words", Right.Back("invalid_scope"), ("scope", string.Join("%20", Enumerable.Repeat("root", 1_000))));
        yield return Authorize("a state of 3,000 characters", Right.Back("invalid_request"), ("state", new string('s', 3_000)));
        yield return Authorize("a nonce of 600 characters", Right.Back("invalid_request"), ("nonce", new string('n', 600)));
        yield return Authorize("max_age beyond all numbers", Right.Back("invalid_request"), ("max_age", "99999999999999999999"));
        yield return Authorize("max_age with a sign", Right.Back("invalid_request"), ("max_age", "%2B1"));
        yield return Authorize("prompt none with another", Right.Back("invalid_request"), ("prompt", "none%20login"));
        foreach (var (what, raw) in ((string, string)[])
        [
            ("of nobody", "nobody"), ("of a path", "..%2F..%2Fetc%2Fpasswd"), ("of a statement", "'%20OR%20'1'%3D'1"), ("with a joker", "%25"), ("with a zero character", "a%00b"),
            ("of markup", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"), ("of 5,000 characters", new string('c', 5_000)), ("that is not UTF-8", "%FF%FE"), ("of half a pair", "%ED%A0%80"),
        ])
        {
            yield return Authorize($"client_id {what}", Right.Page(400), ("client_id", raw));
        }
    }
}
