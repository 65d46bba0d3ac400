using Back2Code.Identity;

namespace Back2Code.IntegrationTests.Identity.HostileRequests;

/// <summary>What an attacker can have: clients whose ids are known, a signed-in browser to send requests from, and codes of it.</summary>
internal sealed class HostileScene(IdentityApplication identity, TestClient web, TestClient other, TestClient thirdParty, TestClient worker, UserView user, Browser browser, string formToken)
{
    /// <summary>A confidential client of ours, with codes and refresh tokens.</summary>
    public TestClient Web => web;

    /// <summary>Another like it, with an address of its own.</summary>
    public TestClient Other => other;

    /// <summary>Its users are asked for consent.</summary>
    public TestClient ThirdParty => thirdParty;

    /// <summary>Client credentials only.</summary>
    public TestClient Worker => worker;

    public UserView User => user;

    public const string OtherRedirectUri = "http://127.0.0.1:9/other";

    public Uri Address => new(identity.Address);

    /// <summary>The mark of the browser's forms.</summary>
    public string FormToken => formToken;

    /// <summary>Cookie header of the browser in which the user is signed in.</summary>
    public string Cookies => "Cookie: " + string.Join("; ", browser.Cookies.Select(static cookie => $"{cookie.Name}={cookie.Value}"));

    public static async Task<HostileScene> CreateAsync(IdentityApplication identity)
    {
        var web = await identity.CreateWebClientAsync();
        var other = await identity.CreateClientAsync(new("Other", true, ["authorization_code", "refresh_token"], ["openid", "offline_access", "*"], [OtherRedirectUri], null, true));
        var thirdParty = await identity.CreateWebClientAsync(firstParty: false);
        var worker = await identity.CreateClientAsync(new("Worker", true, ["client_credentials"], ["notes:read"]));
        var user = await identity.CreateUserAsync();
        Browser browser = new(identity);
        using var signedIn = await browser.SignInAsync(user.Name);
        using var page = await browser.GetAsync("/sign-out");
        string html = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new(identity, web, other, thirdParty, worker, user, browser, html.Split("name=\"form_token\" value=\"")[1].Split('"')[0]);
    }

    /// <summary>A request in order, but for these parameters.</summary>
    public static string AuthorizeQuery(TestClient client, params (string Name, string? Raw)[] changes)
    {
        Dictionary<string, string?> parameters = new()
        {
            ["client_id"] = client.Id,
            ["redirect_uri"] = RawHttp.Encode(Browser.RedirectUri),
            ["response_type"] = "code",
            ["scope"] = "openid",
            ["state"] = "st4te",
            ["code_challenge"] = Browser.Challenge(Browser.Verifier),
            ["code_challenge_method"] = "S256",
        };
        return Join(parameters, changes);
    }

    public static string ExchangeForm(TestClient client, string code, params (string Name, string? Raw)[] changes)
    {
        Dictionary<string, string?> parameters = new()
        {
            ["grant_type"] = "authorization_code",
            ["client_id"] = client.Id,
            ["client_secret"] = client.Secret,
            ["code"] = code,
            ["redirect_uri"] = RawHttp.Encode(Browser.RedirectUri),
            ["code_verifier"] = Browser.Verifier,
        };
        return Join(parameters, changes);
    }

    /// <summary>A form of client credentials in order, but for these parameters.</summary>
    public string WorkerForm(params (string Name, string? Raw)[] changes) =>
        Join(new() { ["grant_type"] = "client_credentials", ["client_id"] = Worker.Id, ["client_secret"] = Worker.Secret }, changes);

    public async Task<string> NewCodeAsync(TestClient client)
    {
        using var answer = await browser.GetAsync("/oauth2/authorize?" + AuthorizeQuery(client, ("scope", "openid%20offline_access")));
        return Browser.Answer(answer)["code"];
    }

    public async Task<string> NewRefreshTokenAsync()
    {
        using var tokens = await identity.TokenAsync(
            Web, "authorization_code", ("code", await NewCodeAsync(Web)), ("redirect_uri", Browser.RedirectUri), ("code_verifier", Browser.Verifier));
        return (await tokens.JsonAsync()).Text("refresh_token");
    }

    /// <summary>What a consent form says about the request that waits.</summary>
    public string Continue(params (string Name, string? Raw)[] changes) => RawHttp.Encode("/oauth2/authorize?" + AuthorizeQuery(ThirdParty, changes));

    private static string Join(Dictionary<string, string?> parameters, (string Name, string? Raw)[] changes)
    {
        foreach (var (name, raw) in changes)
        {
            parameters[name] = raw;
        }

        return string.Join('&', parameters.Where(static parameter => parameter.Value is not null).Select(static parameter => $"{parameter.Key}={parameter.Value}"));
    }
}
