using System.Security.Cryptography;
using System.Text;
using static Back2Code.IntegrationTests.ServiceDefaults.HostileTokens.HostileToken;

namespace Back2Code.IntegrationTests.ServiceDefaults.HostileTokens;

/// <summary>Algorithms, keys, types and everything else that a token's header can say.</summary>
internal static class HostileHeaders
{
    public static IEnumerable<HostileToken> All => [.. Algorithms(), .. Keys(), .. KeysOfTheirOwn(), .. Critical(), .. Types()];

    private static IEnumerable<HostileToken> Algorithms()
    {
        yield return Bearer("alg none, no signature", m => TokenMint.With(m.Header("alg", "\"none\""), null, _ => []));
        yield return Bearer("alg none, a good signature of the same bytes", m => m.WithHeader("alg", "\"none\""));
        foreach (var spelling in (string[])["None", "NONE", "nOnE", "none ", ""])
        {
            yield return Bearer($"alg '{spelling}', no signature", m => TokenMint.With(m.Header("alg", $"\"{spelling}\""), null, _ => []));
        }

        yield return Bearer("HS256, the secret is the public key set", m => Hmac(m, Encoding.UTF8.GetBytes(m.JsonWebKeySet)));
        yield return Bearer("HS256, the secret is the public key as PEM", m => Hmac(m, Encoding.UTF8.GetBytes(m.PublicPem)));
        yield return Bearer("HS256, the secret is the public point", m => Hmac(m, m.PublicPoint));
        yield return Bearer("HS256, the secret is empty", m => Hmac(m, []));
        yield return Bearer("ES256 in the header, an HMAC with the public key as signature", m => TokenMint.With(m.GoodHeader, null, bytes => HMACSHA256.HashData(Encoding.UTF8.GetBytes(m.PublicPem), bytes)));
        yield return Bearer("RS256 with a key of theirs", m => Rsa(m, "RS256", RSASignaturePadding.Pkcs1));
        yield return Bearer("PS256 with a key of theirs", m => Rsa(m, "PS256", RSASignaturePadding.Pss));
        yield return Bearer("ES384 with a key of theirs", m => Curve(m, "ES384", ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384));
        yield return Bearer("ES512 with a key of theirs", m => Curve(m, "ES512", ECCurve.NamedCurves.nistP521, HashAlgorithmName.SHA512));
        yield return Bearer("ES256 in the header, a P-384 signature", m => Curve(m, "ES256", ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384));
        foreach (var name in (string[])["es256", "Es256", "ES256 ", "ES256K", "EdDSA", "ES256\\u0000", "ES256,none", "HS256", "dir"])
        {
            yield return Bearer($"alg '{name}', a good ES256 signature", m => m.WithHeader("alg", $"\"{name}\""));
        }

        foreach (var raw in (string?[])[null, "null", "256", "true", "[\"ES256\"]", "{\"ES256\":1}"])
        {
            yield return Bearer($"alg {raw ?? "missing"}, a good ES256 signature", m => m.WithHeader("alg", raw));
        }

        yield return Bearer("alg ES256 written with an escape, which is the same text in JSON", m => m.WithHeader("alg", "\"\\u0045S256\""), Answer.Accepted);
    }

    private static IEnumerable<HostileToken> Keys()
    {
        yield return Bearer("another key under our kid", m => TokenMint.Forge(m.GoodHeader));
        yield return Bearer("another key under a kid of its own", m => TokenMint.Forge(m.Header("kid", "\"evil\"")));
        foreach (var (what, kid) in ((string, string)[])
        [
            ("a path upwards", "../../../../../../dev/null"), ("an absolute path", "/dev/null"), ("a file address", "file:///etc/passwd"), ("an http address", "http://127.0.0.1:9/key"),
            ("SQL", "' OR '1'='1' --"), ("SQL that gives a key", "x' UNION SELECT 'AA' --"), ("a command", "key|/usr/bin/id"), ("a command in a command", "$(id)"),
            ("a line that forges a log entry", "x\\n{\\\"level\\\":\\\"error\\\",\\\"message\\\":\\\"forged\\\"}"), ("a header line", "x\\r\\nSet-Cookie: a=b"), ("HTML", "<script>alert(1)</script>"),
            ("a format", "%s%n{0}{1:D99}"), ("a zero character", "\\u0000"), ("half a surrogate pair", "\\ud800"), ("a terminal's escape", "\\u001b[2J"), ("Java's lookup", "${jndi:ldap://127.0.0.1:9/a}"),
        ])
        {
            yield return Bearer($"kid is {what}, a good signature", m => m.WithHeader("kid", $"\"{kid}\""));
        }

        foreach (var raw in (string?[])[null, "\"\"", "null", "7", "[]", "{}"])
        {
            yield return Bearer($"kid {raw ?? "missing"}, a good signature", m => m.WithHeader("kid", raw));
        }

        yield return Bearer("our kid in an array", m => m.WithHeader("kid", $"[\"{m.KeyId}\"]"));
        yield return Bearer("our kid in the other case", m => m.WithHeader("kid", $"\"{m.KeyId.ToUpperInvariant()}\""));
        yield return Bearer("our kid with a space behind it", m => m.WithHeader("kid", $"\"{m.KeyId} \""));
        yield return Bearer("our kid with a zero character behind it", m => m.WithHeader("kid", $"\"{m.KeyId}\\u0000\""));
        yield return Bearer("kid of 600 characters", m => m.WithHeader("kid", $"\"{new string('k', 600)}\""));
        yield return Bearer("kid of 5,000 characters", m => m.WithHeader("kid", $"\"{new string('k', 5_000)}\""));
        yield return Bearer("kid twice, both ours", m => m.Make(header: $"{m.GoodHeader[..^1]},\"kid\":\"{m.KeyId}\"}}"));
        yield return Bearer("kid twice, theirs first", m => m.Make(header: "{\"kid\":\"evil\"," + m.GoodHeader[1..]));
        yield return Bearer("kid twice, the second written with an escape", m => m.Make(header: $"{m.GoodHeader[..^1]},\"k\\u0069d\":\"evil\"}}"));
    }

    private static IEnumerable<HostileToken> KeysOfTheirOwn()
    {
        yield return Bearer("jwk with their key, our kid", m => TokenMint.Forge(m.Header("jwk", TokenMint.AttackersJwk)));
        yield return Bearer("jwk with their key, its kid", m => TokenMint.Forge(m.Header("jwk", TokenMint.AttackersJwk).Replace(m.KeyId, "evil", StringComparison.Ordinal)));
        yield return Bearer("jwk with their key, no kid", m => TokenMint.Forge($$"""{"alg":"ES256","typ":"at+jwt","jwk":{{TokenMint.AttackersJwk}}}"""));
        foreach (var (member, raw) in ((string, string)[])[("jku", "\"http://127.0.0.1:9/jwks.json\""), ("x5u", "\"http://127.0.0.1:9/chain.pem\""), ("x5c", "[\"MIIB\"]"), ("x5t", "\"AAAA\"")])
        {
            yield return Bearer($"{member} that leads to their key", m => TokenMint.Forge(m.Header(member, raw)));
            yield return Bearer($"{member} beside a good signature is not looked at", m => m.WithHeader(member, raw), Answer.Accepted);
        }

        yield return Bearer("jwk with their key beside a good signature is not looked at", m => m.WithHeader("jwk", TokenMint.AttackersJwk), Answer.Accepted);
    }

    private static IEnumerable<HostileToken> Critical()
    {
        foreach (var raw in (string[])["[\"exp\"]", "[]", "[\"b64\"]", "[\"http://example.test/UNDEFINED\"]", "null", "\"exp\"", "7"])
        {
            yield return Bearer($"crit {raw} (RFC 7515 section 4.1.11: what is not understood is refused)", m => m.WithHeader("crit", raw));
        }

        yield return Bearer("b64 false with crit (RFC 7797)", m => m.Make(header: m.GoodHeader[..^1] + ",\"b64\":false,\"crit\":[\"b64\"]}"));
    }

    private static IEnumerable<HostileToken> Types()
    {
        foreach (var raw in (string?[])
            [null, "null", "7", "[\"at+jwt\"]", "\"JWT\"", "\"at+jwt \"", "\"text/at+jwt\"", "\"id_token+jwt\"", "\"logout+jwt\"", "\"dpop+jwt\"", "\"secevent+jwt\"", "\"application/jwt\""])
        {
            yield return Bearer($"typ {raw ?? "missing"} (RFC 8725 section 3.11: no other kind of token passes for an access token)", m => m.WithHeader("typ", raw));
        }

        yield return Bearer("typ as a full media type in capitals (RFC 7515 section 4.1.9)", m => m.WithHeader("typ", "\"APPLICATION/AT+JWT\""), Answer.Accepted);
    }

    private static string Hmac(TokenMint mint, byte[] secret) => TokenMint.With(mint.Header("alg", "\"HS256\""), null, bytes => HMACSHA256.HashData(secret, bytes));

    private static string Rsa(TokenMint mint, string algorithm, RSASignaturePadding padding)
    {
        using var key = RSA.Create(2048);
        return TokenMint.With(mint.Header("alg", $"\"{algorithm}\""), null, bytes => key.SignData(bytes, HashAlgorithmName.SHA256, padding));
    }

    private static string Curve(TokenMint mint, string algorithm, ECCurve curve, HashAlgorithmName hash)
    {
        using var key = ECDsa.Create(curve);
        return TokenMint.With(mint.Header("alg", $"\"{algorithm}\""), null, bytes => key.SignData(bytes, hash));
    }
}
