using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Back2Code.Chaos.Faults.Identity;

/// <summary>A person's browser at the identity service's pages. Scripts are not needed there.</summary>
internal sealed partial class SignInBrowser(Uri identity) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() })
    {
        BaseAddress = identity,
        Timeout = Patience,
    };

    /// <summary>Signs in and lets a first-party client have a code for it.</summary>
    /// <returns>The code, and the verifier that goes with it (RFC 7636).</returns>
    /// <exception cref="FaultException">There is none.</exception>
    public async Task<(string Code, string Verifier)> AuthorizeAsync(string client, string redirectUri, string name, string password, CancellationToken cancellationToken)
    {
        var verifier = RandomNumberGenerator.GetHexString(64, lowercase: true);
        var challenge = System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(verifier)));
        var request = $"/oauth2/authorize?client_id={Uri.EscapeDataString(client)}&redirect_uri={Uri.EscapeDataString(redirectUri)}&response_type=code"
            + $"&scope={Uri.EscapeDataString("openid offline_access")}&state=s&code_challenge={challenge}&code_challenge_method=S256";
        var status = await SignInAsync(name, password, request, cancellationToken);
        if (status != HttpStatusCode.SeeOther)
        {
            throw new FaultException($"Nobody can sign in: identity answers {(int)status}.");
        }

        using var response = await _http.GetAsync(new Uri(request, UriKind.Relative), cancellationToken);
        return CodeOf().Match(response.Headers.Location?.ToString() ?? "") is { Success: true } code
            ? (Uri.UnescapeDataString(code.Groups[1].Value), verifier)
            : throw new FaultException($"Identity gives no code: it answers {(int)response.StatusCode}.");
    }

    public void Dispose() => _http.Dispose();

    /// <returns>303 when signed in, 401 when refused, 429 when throttled.</returns>
    private async Task<HttpStatusCode> SignInAsync(string name, string password, string target, CancellationToken cancellationToken)
    {
        var page = await _http.GetStringAsync(new Uri("/sign-in?continue=" + Uri.EscapeDataString(target), UriKind.Relative), cancellationToken);
        if (FormToken().Match(page) is not { Success: true } token)
        {
            throw new FaultException("The sign-in page has no form.");
        }

        using var form = new FormUrlEncodedContent([new("form_token", WebUtility.HtmlDecode(token.Groups[1].Value)), new("continue", target), new("name", name), new("password", password)]);
        using var response = await _http.PostAsync(new Uri("/sign-in", UriKind.Relative), form, cancellationToken);
        return response.StatusCode;
    }

    [GeneratedRegex("name=\"form_token\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();

    [GeneratedRegex("[?&]code=([^&]+)")]
    private static partial Regex CodeOf();
}
