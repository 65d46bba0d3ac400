using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Back2Code.Authentication;
using Back2Code.Authentication.Signing;
using Back2Code.UnitTests.Resilience;

namespace Back2Code.UnitTests.Authentication;

/// <summary>Makes tokens of every kind, good and bad, and judges them.</summary>
internal sealed class TokenForge : IDisposable
{
    public const string Issuer = "https://issuer.test";
    public const string Audience = "back2code";

    public TokenForge()
    {
        Keys = KeySet.Parse(Encoding.UTF8.GetBytes(Signer.JsonWebKeySet));
        Validator = new TokenValidator(new BearerTokenOptions { Issuer = Issuer, Audience = Audience }, new FixedKeys(Keys), Time);
    }

    public ManualTime Time { get; } = new();

    public TokenSigner Signer { get; } = TokenSigner.CreateInMemory();

    public KeySet Keys { get; }

    public TokenValidator Validator { get; }

    public long Now => Time.GetUtcNow().ToUnixTimeSeconds();

    public string GoodHeader => $$"""{"alg":"ES256","typ":"at+jwt","kid":"{{Signer.KeyId}}"}""";

    public string GoodPayload => $$"""{"iss":"{{Issuer}}","aud":"{{Audience}}","sub":"ada","exp":{{Now + 60}}}""";

    public string Make(string? header = null, string? payload = null) => Sign(Encode(header ?? GoodHeader) + "." + Encode(payload ?? GoodPayload));

    /// <summary>A good payload with one member replaced, added or (null) left out; the value is raw JSON.</summary>
    public string MakeWith(string member, string? rawValue)
    {
        var members = JsonDocument.Parse(GoodPayload).RootElement.EnumerateObject().Where(m => m.Name != member).Select(m => $"\"{m.Name}\":{m.Value.GetRawText()}").ToList();
        if (rawValue is not null)
        {
            members.Add($"\"{member}\":{rawValue}");
        }

        return Make(payload: $"{{{string.Join(',', members)}}}");
    }

    public string Sign(string signed) => signed + "." + Base64Url.EncodeToString(Signer.SignBytes(Encoding.ASCII.GetBytes(signed)));

    public async Task<string> JudgeAsync(string token) => await Validator.ValidateAsync(token, Keys, CancellationToken.None) switch
    {
        TokenVerdict.Rejected rejected => rejected.Reason,
        TokenVerdict.Accepted accepted => "accepted " + accepted.Identity.Name,
        _ => throw new InvalidOperationException(),
    };

    public static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    public void Dispose() => Signer.Dispose();

    internal sealed class FixedKeys(KeySet keys) : IVerificationKeys
    {
        public ValueTask<KeySet> CurrentAsync(CancellationToken cancellationToken) => new(keys);

        public ValueTask<KeySet> RefreshAsync(KeySet known, CancellationToken cancellationToken) => new(keys);
    }
}
