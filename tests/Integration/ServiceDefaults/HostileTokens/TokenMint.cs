using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Back2Code.Authentication.Signing;

namespace Back2Code.IntegrationTests.ServiceDefaults.HostileTokens;

/// <summary>What an attacker can make: tokens of any form, signed with the service's own key (a stolen or careless issuer) or with keys of his.</summary>
internal sealed class TokenMint(TokenSigner signer)
{
    /// <summary>The order of P-256 (SEC 2, section 2.4.2).</summary>
    public static readonly BigInteger Order = BigInteger.Parse("0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static readonly ECDsa Attacker = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string KeyId => signer.KeyId;

    public string JsonWebKeySet => signer.JsonWebKeySet;

    /// <summary>The public key in the form that libraries have taken for an HMAC secret.</summary>
    public string PublicPem
    {
        get
        {
            using var key = ECDsa.Create(signer.PublicParameters);
            return key.ExportSubjectPublicKeyInfoPem();
        }
    }

    public byte[] PublicPoint => [.. signer.PublicParameters.Q.X!, .. signer.PublicParameters.Q.Y!];

    public static string AttackersJwk
    {
        get
        {
            var q = Attacker.ExportParameters(false).Q;
            return $$"""{"kty":"EC","crv":"P-256","kid":"evil","x":"{{Base64Url.EncodeToString(q.X)}}","y":"{{Base64Url.EncodeToString(q.Y)}}"}""";
        }
    }

    public static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public string GoodHeader => $$"""{"alg":"ES256","typ":"at+jwt","kid":"{{KeyId}}"}""";

    public static string GoodPayload => $$"""{"iss":"{{TestService.Issuer}}","aud":"{{TestService.Audience}}","sub":"ada","client_id":"c","scope":"*","iat":{{Now}},"exp":{{Now + 300}}}""";

    public string Good => Make();

    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public string Make(string? header = null, string? payload = null) => Sign($"{Encode(header ?? GoodHeader)}.{Encode(payload ?? GoodPayload)}");

    public string Make(byte[] header, byte[] payload) => Sign($"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(payload)}");

    /// <summary>A good token but for one member of its header: replaced, added, or left out (null). The value is raw JSON.</summary>
    public string WithHeader(string member, string? rawValue) => Make(header: Change(GoodHeader, member, rawValue));

    /// <summary>The same of its payload.</summary>
    public string With(string member, string? rawValue) => Make(payload: Change(GoodPayload, member, rawValue));

    /// <summary>Signed with our key, whatever it is.</summary>
    public string Sign(string signed) => $"{signed}.{Base64Url.EncodeToString(signer.SignBytes(Encoding.ASCII.GetBytes(signed)))}";

    /// <summary>Signed with the attacker's P-256 key.</summary>
    public static string Forge(string header, string? payload = null) => With(header, payload, bytes => Attacker.SignData(bytes, HashAlgorithmName.SHA256));

    /// <summary>The header says what the attacker likes, and the signature is made as he likes.</summary>
    public static string With(string header, string? payload, Func<byte[], byte[]> sign)
    {
        var signed = $"{Encode(header)}.{Encode(payload ?? GoodPayload)}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>A good token with its signature changed: what comes in is R and S, 32 bytes each.</summary>
    public string Resign(Func<byte[], byte[]> change)
    {
        var good = Good;
        var dot = good.LastIndexOf('.');
        return good[..(dot + 1)] + Base64Url.EncodeToString(change(Base64Url.DecodeFromChars(good.AsSpan(dot + 1))));
    }

    public string Header(string member, string? rawValue) => Change(GoodHeader, member, rawValue);

    public static byte[] Fixed(BigInteger number)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }

    private static string Change(string json, string member, string? rawValue)
    {
        using var document = JsonDocument.Parse(json);
        var members = document.RootElement.EnumerateObject().Where(m => m.Name != member).Select(m => $"\"{m.Name}\":{m.Value.GetRawText()}").ToList();
        if (rawValue is not null)
        {
            members.Add($"\"{member}\":{rawValue}");
        }

        return $"{{{string.Join(',', members)}}}";
    }
}
