using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Back2Code.Secrets;

/// <summary>Access tokens for Google's APIs: from the metadata server, or with the key of a service account (RFC 7523). Kept until shortly before they end.</summary>
internal sealed class GoogleTokens(GoogleHttp http, SecretsOptions options, TimeProvider time)
{
    private const string Scope = "https://www.googleapis.com/auth/cloud-platform";
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private string? _token;
    private DateTimeOffset _goodUntil;

    /// <exception cref="SecretException">There is none to be had.</exception>
    public async Task<string> GetAsync(CancellationToken cancellationToken)
    {
        if (_token is { } known && time.GetUtcNow() < _goodUntil)
        {
            return known;
        }

        using JsonDocument answer = options.GoogleCredentialsPath is { } path ? await ExchangeAsync(path, cancellationToken).ConfigureAwait(false) : await AskMetadataAsync(cancellationToken).ConfigureAwait(false);
        if (answer.RootElement.ValueKind != JsonValueKind.Object
            || !answer.RootElement.TryGetProperty("access_token", out var token) || token.ValueKind != JsonValueKind.String || token.GetString() is not { Length: > 0 and <= 8192 } text || text.Any(static c => c is <= ' ' or > '~')
            || !answer.RootElement.TryGetProperty("expires_in", out var expiry) || !expiry.TryGetInt32(out int seconds))
        {
            throw new SecretException("The answer to the request for an access token holds none.");
        }

        _goodUntil = time.GetUtcNow() + TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86_400)) - Margin;
        return _token = text;
    }

    /// <summary>After a 401: the token that was thought good is not.</summary>
    public void Forget() => _token = null;

    private Task<JsonDocument> AskMetadataAsync(CancellationToken cancellationToken) => http.SendAsync(
        "the metadata server",
        () =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, new Uri(options.GoogleMetadataAddress, "/computeMetadata/v1/instance/service-accounts/default/token"));
            request.Headers.Add("Metadata-Flavor", "Google");
            return request;
        },
        cancellationToken);

    private Task<JsonDocument> ExchangeAsync(string path, CancellationToken cancellationToken)
    {
        var (email, key, tokenAddress) = ReadCredentials(path);
        string assertion;
        using (key)
        {
            assertion = Sign(email, key, tokenAddress);
        }

        return http.SendAsync(
            "the token endpoint",
            () => new HttpRequestMessage(HttpMethod.Post, tokenAddress)
            {
                Content = new FormUrlEncodedContent([new("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), new("assertion", assertion)]),
            },
            cancellationToken);
    }

    private string Sign(string email, RSA key, Uri audience)
    {
        long now = time.GetUtcNow().ToUnixTimeSeconds();
        string claims = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["iss"] = email,
            ["scope"] = Scope,
            ["aud"] = audience.OriginalString,
            ["iat"] = now,
            ["exp"] = now + 3600,
        });
        string header = Base64Url.EncodeToString("""{"alg":"RS256","typ":"JWT"}"""u8);
        string signed = $"{header}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static (string Email, RSA Key, Uri TokenAddress) ReadCredentials(string path)
    {
        RSA? key = null;
        try
        {
            if (new FileInfo(path).Length > SecretFolder.LongestSecret)
            {
                throw new InvalidDataException();
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            key = RSA.Create();
            key.ImportFromPem(document.RootElement.GetProperty("private_key").GetString());
            return (document.RootElement.GetProperty("client_email").GetString()!, key, new Uri(document.RootElement.GetProperty("token_uri").GetString()!));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or CryptographicException or UriFormatException or InvalidDataException)
        {
            key?.Dispose();

            // The cause may quote the file, and the file is a secret.
            throw new SecretException($"{path} is not a readable service account key (client_email, private_key, token_uri): {e.GetType().Name}");
        }
    }
}
