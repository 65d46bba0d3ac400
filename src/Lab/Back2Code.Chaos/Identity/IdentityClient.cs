using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Back2Code.Chaos.Identity;

/// <summary>The identity service as the lab asks it: tokens for itself and for users, and the management of accounts and keys. Thread-safe.</summary>
public sealed class IdentityClient(IdentityAccess access, TimeProvider time) : IDisposable
{
    private const string TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    private const string AccessTokenType = "urn:ietf:params:oauth:token-type:access_token";

    // Identity answers 503 within two seconds when its database is away.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(3) })
    {
        BaseAddress = access.Address,
        Timeout = Patience,
    };

    private volatile OwnToken? _own;

    /// <summary>A token of a user, who is made when there is none of this name yet.</summary>
    /// <param name="scope">The most that it allows, within what the user may do; all of that when null.</param>
    /// <exception cref="IdentityException">It is away, or refuses.</exception>
    public async Task<string> ExchangeAsync(string user, string? scope, CancellationToken cancellationToken)
    {
        List<KeyValuePair<string, string>> form =
        [
            new("grant_type", TokenExchange), new("requested_subject", user), new("subject_token_type", AccessTokenType),
            new("subject_token", await GetOwnTokenAsync(cancellationToken)),
        ];
        if (scope is not null)
        {
            form.Add(new("scope", scope));
        }

        return Text(await AskTokenAsync(form, cancellationToken), "access_token");
    }

    /// <summary>Asks the management API in the client's own name.</summary>
    /// <returns>The answer's JSON; undefined when there is no body.</returns>
    /// <exception cref="IdentityException">It is away, or refuses.</exception>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await GetOwnTokenAsync(cancellationToken));
        request.Content = body is null ? null : JsonContent.Create(body);
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>One form to an endpoint of OAuth 2.0, with the client's id and secret in the header.</summary>
    /// <exception cref="IdentityException">It is away, or refuses.</exception>
    public async Task<JsonElement> SendFormAsync(string path, IEnumerable<KeyValuePair<string, string>> form, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = new FormUrlEncodedContent(form) };

        // RFC 6749 section 2.3.1: both are encoded as in a form first.
        var credentials = $"{Uri.EscapeDataString(access.ClientId)}:{Uri.EscapeDataString(access.ClientSecret)}";
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        return await SendAsync(request, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Kept for half of its life.</summary>
    private async Task<string> GetOwnTokenAsync(CancellationToken cancellationToken)
    {
        if (_own is { } own && time.GetElapsedTime(own.ReceivedAt) < own.Lifetime / 2)
        {
            return own.Token;
        }

        var asked = time.GetTimestamp();
        var answer = await AskTokenAsync([new("grant_type", "client_credentials")], cancellationToken);
        own = new OwnToken(Text(answer, "access_token"), asked, TimeSpan.FromSeconds(answer.GetProperty("expires_in").GetInt64()));
        _own = own;
        return own.Token;
    }

    private Task<JsonElement> AskTokenAsync(IEnumerable<KeyValuePair<string, string>> form, CancellationToken cancellationToken) => SendFormAsync("/oauth2/token", form, cancellationToken);

    private async Task<JsonElement> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            return response.IsSuccessStatusCode
                ? body.Length == 0 ? default : JsonElement.Parse(body)
                : throw new IdentityException($"Identity answers {request.Method} {request.RequestUri} with {(int)response.StatusCode}{Reason(body)}.");
        }
        catch (HttpRequestException e)
        {
            throw new IdentityException($"Identity cannot be reached: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IdentityException($"Identity does not answer within {Patience.TotalSeconds:0} s.", e);
        }
        catch (JsonException e)
        {
            throw new IdentityException("Identity's answer is not JSON.", e);
        }
    }

    private static string Text(JsonElement answer, string name) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var value) && value.GetString() is { } text ? text : throw new IdentityException($"Identity's answer has no {name}.");

    /// <summary>The word or sentence of a refusal: an OAuth error, or a problem.</summary>
    private static string Reason(string body)
    {
        try
        {
            var refusal = JsonElement.Parse(body);
            return refusal.TryGetProperty("error", out var error) ? $" ({error})" : refusal.TryGetProperty("detail", out var detail) ? $" ({detail})" : "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "";
        }
    }

    /// <param name="ReceivedAt">A timestamp of the time provider, from before it was asked for.</param>
    private sealed record OwnToken(string Token, long ReceivedAt, TimeSpan Lifetime);
}
