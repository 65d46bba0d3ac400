using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Back2Code.Chaos.Faults.Identity;

/// <summary>A person's browser at the identity service's pages, on an address of this machine's own loopback network: to the throttle, each address is another place.</summary>
internal sealed partial class SignInBrowser : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;

    public SignInBrowser(Uri gateway, IPAddress from)
    {
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            CookieContainer = new CookieContainer(),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(3),
            ConnectCallback = async (context, token) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    socket.Bind(new IPEndPoint(from, 0));
                    await socket.ConnectAsync(context.DnsEndPoint, token);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        })
        {
            BaseAddress = gateway,
            Timeout = Patience,
        };
    }

    /// <summary>An address of 127.0.0.0/8, all of which is this machine.</summary>
    public static IPAddress Place(int network, int host) => new([127, 0, (byte)network, (byte)(1 + (host % 250))]);

    /// <summary>Opens the page and sends its form.</summary>
    /// <returns>303 when signed in, 401 when refused, 429 when throttled.</returns>
    /// <exception cref="HttpRequestException">No answer, or none in time.</exception>
    public async Task<(HttpStatusCode Status, Uri? Location)> SignInAsync(string name, string password, string? target, CancellationToken cancellationToken) =>
        await SendAsync(await OpenFormAsync(target, cancellationToken), name, password, target, cancellationToken);

    /// <returns>The token of the form, good for as many attempts as one likes.</returns>
    public async Task<string> OpenFormAsync(string? target, CancellationToken cancellationToken)
    {
        var page = await _http.GetStringAsync(new Uri("/sign-in" + (target is null ? "" : "?continue=" + Uri.EscapeDataString(target)), UriKind.Relative), cancellationToken);
        return FormToken().Match(page) is { Success: true } token
            ? WebUtility.HtmlDecode(token.Groups[1].Value)
            : throw new FaultException("The sign-in page has no form.");
    }

    public async Task<(HttpStatusCode Status, Uri? Location)> SendAsync(string formToken, string name, string password, string? target, CancellationToken cancellationToken)
    {
        using var form = new FormUrlEncodedContent([new("form_token", formToken), new("continue", target ?? ""), new("name", name), new("password", password)]);
        using var response = await _http.PostAsync(new Uri("/sign-in", UriKind.Relative), form, cancellationToken);
        return (response.StatusCode, response.Headers.Location);
    }

    /// <summary>Signs in and lets a first-party client have a code for it.</summary>
    /// <returns>The code, and the verifier that goes with it (RFC 7636).</returns>
    /// <exception cref="FaultException">There is none.</exception>
    public async Task<(string Code, string Verifier)> AuthorizeAsync(string client, string redirectUri, string name, string password, CancellationToken cancellationToken)
    {
        var verifier = RandomNumberGenerator.GetHexString(64, lowercase: true);
        var challenge = System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(verifier)));
        var request = $"/oauth2/authorize?client_id={Uri.EscapeDataString(client)}&redirect_uri={Uri.EscapeDataString(redirectUri)}&response_type=code"
            + $"&scope={Uri.EscapeDataString("openid offline_access")}&state=s&code_challenge={challenge}&code_challenge_method=S256";
        var (status, _) = await SignInAsync(name, password, request, cancellationToken);
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

    [GeneratedRegex("name=\"form_token\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();

    [GeneratedRegex("[?&]code=([^&]+)")]
    private static partial Regex CodeOf();
}
