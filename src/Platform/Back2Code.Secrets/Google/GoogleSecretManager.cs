using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Back2Code.Secrets;

/// <summary>The latest versions of named secrets, over Secret Manager's REST API v1 (<c>projects.secrets.versions.access</c>).</summary>
internal sealed partial class GoogleSecretManager : SecretSource, IDisposable
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly SecretsOptions _options;
    private readonly GoogleHttp _http;
    private readonly GoogleTokens _tokens;
    private readonly string[] _names;

    /// <exception cref="SecretException">A name is not one that Secret Manager allows, or there is none.</exception>
    public GoogleSecretManager(SecretsOptions options, TimeProvider time)
    {
        _options = options;
        _names = (options.GoogleSecrets ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (_names.Length is 0 or > SecretFolder.MostSecrets || Array.Find(_names, name => !SecretName().IsMatch(name)) is not null)
        {
            throw new SecretException($"Secrets:GoogleSecrets must name 1 to {SecretFolder.MostSecrets} secrets, separated by commas, of letters, digits, _ and -.");
        }

        _http = new GoogleHttp(options, time);
        _tokens = new GoogleTokens(_http, options, time);
    }

    public override string Name => $"Secret Manager of project {_options.GoogleProject}";

    public override TimeSpan Interval => _options.GoogleInterval;

    public override void Load()
    {
        // The contract of configuration is synchronous, and nothing can start without it. On the pool, so that no context can be waited for.
        var reading = Task.Run(() => ReadAsync(CancellationToken.None)).GetAwaiter().GetResult();
        Apply(reading);
        if (reading.Problems.Count > 0)
        {
            throw new SecretException($"{Name}: {string.Join(" ", reading.Problems)}");
        }
    }

    public override async Task<SecretReading> ReadAsync(CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var unread = new List<string>();
        var problems = new List<string>();
        foreach (string name in _names)
        {
            try
            {
                values[KeyOf(name)] = await AccessAsync(name, cancellationToken).ConfigureAwait(false);
            }
            catch (SecretException e)
            {
                unread.Add(KeyOf(name));
                problems.Add(e.Message);
            }
        }

        return new SecretReading(values, unread, problems);
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> AccessAsync(string name, CancellationToken cancellationToken)
    {
        string token = await _tokens.GetAsync(cancellationToken).ConfigureAwait(false);
        JsonDocument answer;
        try
        {
            answer = await _http.SendAsync(
                $"Secret {name}: Secret Manager",
                () =>
                {
                    var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_options.GoogleAddress, $"/v1/projects/{_options.GoogleProject}/secrets/{name}/versions/latest:access"));
                    request.Headers.Authorization = new("Bearer", token);
                    return request;
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (SecretException)
        {
            // Perhaps it was the token; the next look begins with a new one.
            _tokens.Forget();
            throw;
        }

        using (answer)
        {
            return Decode(name, answer.RootElement);
        }
    }

    private static string Decode(string name, JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object
            || !answer.TryGetProperty("payload", out var payload) || payload.ValueKind != JsonValueKind.Object
            || !payload.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.String || !data.TryGetBytesFromBase64(out byte[]? bytes))
        {
            throw new SecretException($"Secret {name}: the answer holds no payload in base64.");
        }

        if (bytes.Length > SecretFolder.LongestSecret)
        {
            throw new SecretException($"Secret {name}: it has more than {SecretFolder.LongestSecret} bytes.");
        }

        // An int64, and therefore a string in Google's JSON.
        if (payload.TryGetProperty("dataCrc32c", out var sum)
            && (!long.TryParse(sum.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out long expected) || expected != Crc32C(bytes)))
        {
            throw new SecretException($"Secret {name}: the checksum of the payload does not match.");
        }

        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new SecretException($"Secret {name}: it is not UTF-8.");
        }
    }

    /// <summary>CRC-32C (RFC 3720, appendix B.4).</summary>
    internal static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,255}\z")]
    private static partial Regex SecretName();
}
