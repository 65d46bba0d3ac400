using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;

namespace Back2Code.IntegrationTests.Identity;

/// <summary>A person's browser without scripts: it keeps cookies, fills in forms, and stops at every redirect.</summary>
internal sealed partial class Browser : IDisposable
{
    /// <summary>Nobody listens there; the browser stops before it.</summary>
    public const string RedirectUri = "http://127.0.0.1:9/callback";
    public const string SignedOutUri = "http://127.0.0.1:9/signed-out";

    /// <summary>Of the PKCE challenge of <see cref="AuthorizeUri"/>.</summary>
    public const string Verifier = "0123456789-0123456789-0123456789-0123456789";

    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };

    public Browser(IdentityApplication identity) => Http = new HttpClient(_handler) { BaseAddress = new Uri(identity.Address) };

    public HttpClient Http { get; }

    public CookieCollection Cookies => _handler.CookieContainer.GetCookies(Http.BaseAddress!);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static string Challenge(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    /// <summary>The address to which a client sends its user; a change with null leaves the parameter out.</summary>
    public static string AuthorizeUri(TestClient client, params IEnumerable<(string Name, string? Value)> changes)
    {
        Dictionary<string, string?> parameters = new()
        {
            ["client_id"] = client.Id,
            ["redirect_uri"] = RedirectUri,
            ["response_type"] = "code",
            ["scope"] = "openid profile offline_access notes:write",
            ["state"] = "s t&a=te",
            ["nonce"] = "n-1",
            ["code_challenge"] = Challenge(Verifier),
            ["code_challenge_method"] = "S256",
        };
        foreach (var (name, value) in changes)
        {
            parameters[name] = value;
        }

        return QueryHelpers.AddQueryString("/oauth2/authorize", parameters.Where(static parameter => parameter.Value is not null));
    }

    public Task<HttpResponseMessage> GetAsync(string uri) => Http.GetAsync(uri, Cancellation);

    public Task<HttpResponseMessage> PostAsync(string uri, params IEnumerable<(string Name, string Value)> fields) =>
        Http.PostAsync(uri, new FormUrlEncodedContent(fields.Select(static field => KeyValuePair.Create(field.Name, field.Value))), Cancellation);

    /// <summary>Sends the form of a page, with what a person fills in or presses.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(HttpResponseMessage page, params IEnumerable<(string Name, string Value)> filled)
    {
        string html = await page.Content.ReadAsStringAsync(Cancellation);
        Dictionary<string, string> fields = Hidden().Matches(html).ToDictionary(
            static match => match.Groups["name"].Value, static match => WebUtility.HtmlDecode(match.Groups["value"].Value));
        foreach (var (name, value) in filled)
        {
            fields[name] = value;
        }

        return await PostAsync(WebUtility.HtmlDecode(Action().Match(html).Groups["action"].Value), fields.Select(static field => (field.Key, field.Value)));
    }

    public async Task<HttpResponseMessage> SignInAsync(string name, string password = TestUser.Password, string? target = null)
    {
        using var page = await GetAsync("/sign-in" + (target is null ? "" : "?continue=" + Uri.EscapeDataString(target)));
        return await SubmitAsync(page, ("name", name), ("password", password));
    }

    /// <summary>Through the sign-in page and back to the client.</summary>
    /// <returns>The parameters that the client gets.</returns>
    public async Task<Dictionary<string, string>> AuthorizeAsync(TestClient client, string user, params IEnumerable<(string Name, string? Value)> changes)
    {
        using var first = await GetAsync(AuthorizeUri(client, changes));
        using var page = await GetAsync(Location(first));
        using var signedIn = await SubmitAsync(page, ("name", user), ("password", TestUser.Password));
        using var answer = await GetAsync(Location(signedIn));
        return Answer(answer);
    }

    public static string Location(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        return response.Headers.GetValues("Location").Single();
    }

    /// <summary>What a client is told at its address.</summary>
    public static Dictionary<string, string> Answer(HttpResponseMessage response)
    {
        string location = Location(response);
        Assert.StartsWith(RedirectUri + "?", location, StringComparison.Ordinal);
        return QueryHelpers.ParseQuery(new Uri(location).Query).ToDictionary(static pair => pair.Key, static pair => pair.Value.Single()!);
    }

    public void Dispose() => Http.Dispose();

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\">")]
    private static partial Regex Hidden();

    [GeneratedRegex("<form method=\"post\" action=\"(?<action>[^\"]*)\">")]
    private static partial Regex Action();
}
