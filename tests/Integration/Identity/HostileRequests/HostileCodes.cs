using static Back2Code.IntegrationTests.Identity.HostileRequests.HostileRequest;

namespace Back2Code.IntegrationTests.Identity.HostileRequests;

/// <summary>Requests at the token endpoint and its neighbours: codes and tokens that somebody has come by.</summary>
internal static class HostileCodes
{
    public static IEnumerable<HostileRequest> All => [.. Codes(), .. Verifiers(), .. Tokens(), .. Clients()];

    private static IEnumerable<HostileRequest> Codes()
    {
        yield return new("a code: used before", Right.Error("invalid_grant"), async scene => await UsedAsync(scene));
        yield return new("a code: of another client", Right.Error("invalid_grant"), async scene =>
            RawHttp.Form("/oauth2/token", HostileScene.ExchangeForm(scene.Other, await scene.NewCodeAsync(scene.Web))));
        yield return Exchange("a code: another redirect_uri, which was not asked for", Right.Error("invalid_grant"), ("redirect_uri", RawHttp.Encode(Browser.RedirectUri + "/")));
        yield return Exchange("a code: the redirect_uri escaped twice", Right.Error("invalid_grant"), ("redirect_uri", RawHttp.Encode(RawHttp.Encode(Browser.RedirectUri))));
        yield return Exchange("a code: without redirect_uri", Right.Error("invalid_request"), ("redirect_uri", null));
        yield return Exchange("a code: left out", Right.Error("invalid_request"), ("code", null));
        yield return Exchange("a code: made up", Right.Error("invalid_grant"), ("code", new string('A', 43)));
        yield return Exchange("a code: of a zero character", Right.Error("invalid_request"), ("code", "%00"));
        yield return Exchange("a code: of a statement", Right.Error("invalid_grant"), ("code", "'%3B%20DROP%20TABLE%20users%3B--"));
        yield return Exchange("a code: of 10,000 characters", Right.Error("invalid_grant"), ("code", new string('c', 10_000)));
        yield return new("a code: cut by a character", Right.Error("invalid_grant"), async scene =>
            RawHttp.Form("/oauth2/token", HostileScene.ExchangeForm(scene.Web, (await scene.NewCodeAsync(scene.Web))[1..])));
        yield return new("a code: with a space behind it", Right.Error("invalid_grant"), async scene =>
            RawHttp.Form("/oauth2/token", HostileScene.ExchangeForm(scene.Web, await scene.NewCodeAsync(scene.Web) + "%20")));
        yield return new("a code: as a refresh token", Right.Error("invalid_grant"), async scene =>
            RawHttp.Form("/oauth2/token", HostileScene.ExchangeForm(scene.Web, "x", ("grant_type", "refresh_token"), ("refresh_token", await scene.NewCodeAsync(scene.Web)))));
        yield return new("a code: in the address instead of the form", Right.Error("invalid_request"), async scene =>
            RawHttp.Form($"/oauth2/token?code={await scene.NewCodeAsync(scene.Web)}", HostileScene.ExchangeForm(scene.Web, "x", ("code", null))));
    }

    private static IEnumerable<HostileRequest> Verifiers()
    {
        yield return Exchange("PKCE: without a verifier", Right.Error("invalid_request"), ("code_verifier", null));
        yield return Exchange("PKCE: an empty verifier", Right.Error("invalid_request"), ("code_verifier", ""));
        yield return Exchange("PKCE: the challenge as verifier, which plain would take", Right.Error("invalid_grant"), ("code_verifier", Browser.Challenge(Browser.Verifier)));
        yield return Exchange("PKCE: another verifier", Right.Error("invalid_grant"), ("code_verifier", new string('v', 43)));
        yield return Exchange("PKCE: a verifier with one more character", Right.Error("invalid_grant"), ("code_verifier", Browser.Verifier + "a"));
        yield return Exchange("PKCE: a verifier in capitals", Right.Error("invalid_grant"), ("code_verifier", Browser.Verifier.Replace('-', '_')));
        yield return Exchange("PKCE: a verifier of 42 characters", Right.Error("invalid_grant"), ("code_verifier", Browser.Verifier[..42]));
        yield return Exchange("PKCE: a verifier of 129 characters", Right.Error("invalid_grant"), ("code_verifier", new string('v', 129)));
        yield return Exchange("PKCE: a verifier with letters that are not allowed", Right.Error("invalid_grant"), ("code_verifier", new string('v', 42) + "%C3%A9"));
        yield return Exchange("PKCE: the method changed at the last moment", Right.Error("invalid_grant"), ("code_verifier", Browser.Challenge(Browser.Verifier)), ("code_challenge_method", "plain"));
    }

    private static IEnumerable<HostileRequest> Tokens()
    {
        yield return new("a refresh token: of another client", Right.Error("invalid_grant"), async scene =>
            RawHttp.Form("/oauth2/token", HostileScene.ExchangeForm(scene.Other, "x", ("grant_type", "refresh_token"), ("refresh_token", await scene.NewRefreshTokenAsync()))));
        yield return new("a refresh token: for more than was allowed", Right.Error("invalid_scope"), async scene =>
            RawHttp.Form("/oauth2/token", HostileScene.ExchangeForm(scene.Web, "x", ("grant_type", "refresh_token"), ("scope", "openid%20profile"), ("refresh_token", await scene.NewRefreshTokenAsync()))));
        yield return new("a refresh token: as a code", Right.Error("invalid_grant"), async scene =>
            RawHttp.Form("/oauth2/token", HostileScene.ExchangeForm(scene.Web, await scene.NewRefreshTokenAsync())));
        yield return Token("a refresh token: left out", Right.Error("invalid_request"), scene => HostileScene.ExchangeForm(scene.Web, "x", ("grant_type", "refresh_token")));
        yield return new("a device code: made up", Right.Error("invalid_grant"), scene => Task.FromResult(RawHttp.Form(
            "/oauth2/token", HostileScene.ExchangeForm(scene.Web, "x", ("grant_type", "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"), ("device_code", new string('d', 43))))));
        foreach (var (what, raw) in ((string, string)[])
            [("garbage", "a.b.c"), ("alg none", "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiJyb290In0."), ("markup", "%3Cscript%3E"), ("8,000 dots", new string('.', 8_000))])
        {
            yield return new($"introspection of {what}", Right.Inactive, scene =>
                Task.FromResult(RawHttp.Form("/oauth2/introspect", $"client_id={scene.Web.Id}&client_secret={scene.Web.Secret}&token={raw}")));
        }

        yield return new("introspection by nobody", Right.Error("invalid_client", 401), static _ => Task.FromResult(RawHttp.Form("/oauth2/introspect", "token=a")));
        yield return new("revocation by nobody", Right.Error("invalid_client", 401), static _ => Task.FromResult(RawHttp.Form("/oauth2/revoke", "token=a")));
        yield return new("a device asks in the name of nobody", Right.Error("invalid_client", 401), static _ => Task.FromResult(RawHttp.Form("/oauth2/device_authorization", "client_id=nobody")));
    }

    private static IEnumerable<HostileRequest> Clients()
    {
        yield return Token("a grant that was taken out of the standard: password", Right.Error("unsupported_grant_type"), scene => scene.WorkerForm(("grant_type", "password"), ("username", "ada"), ("password", "x")));
        yield return Token("a grant in capitals", Right.Error("unsupported_grant_type"), scene => scene.WorkerForm(("grant_type", "CLIENT_CREDENTIALS")));
        yield return Token("a grant with a space behind it", Right.Error("unsupported_grant_type"), scene => scene.WorkerForm(("grant_type", "client_credentials%20")));
        yield return Token("a grant that the client does not have", Right.Error("unauthorized_client"), scene => scene.WorkerForm(("grant_type", "refresh_token")));
        yield return Token("a scope that the client does not have", Right.Error("invalid_scope"), scene => scene.WorkerForm(("scope", "users%3Awrite")));
        yield return Token("an empty secret", Right.Error("invalid_client", 401), scene => scene.WorkerForm(("client_secret", "")));
        yield return Token("a wrong secret", Right.Error("invalid_client", 401), scene => scene.WorkerForm(("client_secret", "wrong")));
        yield return Token("a secret that is not UTF-8", Right.Error("invalid_client", 401), scene => scene.WorkerForm(("client_secret", "%FF%FE")));
        yield return Token("two secrets in the form", Right.Error("invalid_request"), scene => scene.WorkerForm(("client_secret", $"wrong&client_secret={scene.Worker.Secret}")));
        yield return Token("the secret in header and form", Right.Error("invalid_request"), scene => scene.WorkerForm(), "Authorization: Basic YTpi");
        foreach (var (what, header) in ((string, string)[])
        [
            ("no base64", "Basic !!!!"), ("nothing", "Basic "), ("no colon", "Basic bm9jb2xvbg=="), ("no name", "Basic OnNlY3JldA=="), ("bytes that are not UTF-8", "Basic //86//8="),
            ("broken escapes", "Basic JXp6OiUl"), ("an escaped line break", "Basic YSUwRCUwQVgtRXZpbDogMTpi"), ("2,000 characters", "Basic " + new string('A', 2_000)),
            ("another scheme", "Digest username=\"ada\""), ("a bearer token", "Bearer a.b.c"),
        ])
        {
            yield return Token($"a header of {what}", Right.Error("invalid_client", 401), static _ => "grant_type=client_credentials", $"Authorization: {header}");
        }

        yield return Token(
            "two headers", Right.Error("invalid_client", 401), static _ => "grant_type=client_credentials", "Authorization: Basic YTpi", "Authorization: Basic YTpi");
        yield return new("an assertion that would stand for a secret", Right.Error("invalid_client", 401), scene => Task.FromResult(RawHttp.Form(
            "/oauth2/token", scene.WorkerForm(("client_secret", null), ("client_assertion_type", "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"), ("client_assertion", "a.b.c")))));
    }

    private static async Task<string> UsedAsync(HostileScene scene)
    {
        string request = RawHttp.Form("/oauth2/token", HostileScene.ExchangeForm(scene.Web, await scene.NewCodeAsync(scene.Web)));
        var first = await RawHttp.SendAsync(scene.Address, request, TestContext.Current.CancellationToken);
        Assert.True(Right.Issued.Holds(first), first.Body);
        return request;
    }
}
