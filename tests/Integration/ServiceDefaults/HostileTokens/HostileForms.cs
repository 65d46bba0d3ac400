using System.Numerics;
using System.Text;
using static Back2Code.IntegrationTests.ServiceDefaults.HostileTokens.HostileToken;

namespace Back2Code.IntegrationTests.ServiceDefaults.HostileTokens;

/// <summary>Spellings of a token, signatures, and places in a request where a token might be looked for.</summary>
internal static class HostileForms
{
    public static IEnumerable<HostileToken> All => [.. Spellings(), .. Parts(), .. Signatures(), .. Requests()];

    private static IEnumerable<HostileToken> Spellings()
    {
        yield return Bearer("padding behind the header", m => Part(m.Good, 0, part => part + "="));
        yield return Bearer("padding behind the payload", m => Part(m.Good, 1, part => part + "=="));
        yield return Bearer("padding behind the signature", m => m.Good + "==");
        yield return Bearer("the signature in base64 proper", m => Part(m.Good, 2, part => part.Replace('-', '+').Replace('_', '/') + "+"));
        yield return Bearer("a set bit behind the last byte of the signature", m => m.Good[..^1] + (char)(m.Good[^1] + 1));
        yield return Bearer("a set bit behind the last byte of the payload", m => m.Sign($"{TokenMint.Encode(m.GoodHeader)}.{Unclean(TokenMint.GoodPayload)}"));
        yield return Bearer("a set bit behind the last byte of the header", m => m.Sign($"{Unclean(m.GoodHeader)}.{TokenMint.Encode(TokenMint.GoodPayload)}"));
        yield return Bearer("a payload whose length base64 cannot have", m => m.Sign($"{TokenMint.Encode(m.GoodHeader)}.{TokenMint.Encode(TokenMint.GoodPayload + new string(' ', (3 - (TokenMint.GoodPayload.Length % 3)) % 3))}A"));
        yield return Bearer("a space in the payload", m => Part(m.Good, 1, part => part.Insert(8, " ")));
        yield return Bearer("a tab in the payload", m => Part(m.Good, 1, part => part.Insert(8, "\t")));
        yield return Bearer("a dot written as in an address", m => m.Good.Replace(".", "%2E", StringComparison.Ordinal));
        yield return Bearer("a Cyrillic letter that looks like ours", m => Part(m.Good, 1, part => "\u0435" + part[1..]));
        yield return Bearer("a zero-width space in front", m => "\u200B" + m.Good);
        yield return Bearer("a byte order mark in front", m => "\uFEFF" + m.Good);
        yield return Bearer("quotation marks around it", m => $"\"{m.Good}\"");
        yield return Bearer("a terminal's escape in it", m => Part(m.Good, 1, part => part.Insert(8, "\u001b[31m")));
        yield return Bearer("a delete character behind it", m => m.Good + "\u007f");
        yield return Bearer("control characters only", _ => "\u0001\u0002\u0003");
    }

    private static IEnumerable<HostileToken> Parts()
    {
        foreach (var text in (string[])[".", "..", "...", "....", "a", "a.b", "a.b.c", "null", "undefined", "[object Object]", "e30.e30.", "e30.e30.e30", new string('.', 4_000), new string('a', 4_000)])
        {
            yield return Bearer($"no token: {(text.Length > 40 ? $"{text.Length} times '{text[0]}'" : text)}", _ => text);
        }

        yield return Bearer("no header", m => Part(m.Good, 0, _ => ""));
        yield return Bearer("no payload", m => Part(m.Good, 1, _ => ""));
        yield return Bearer("no signature", m => Part(m.Good, 2, _ => ""));
        yield return Bearer("no signature and no dot", m => m.Good[..m.Good.LastIndexOf('.')]);
        yield return Bearer("a payload that is elsewhere (RFC 7515 appendix F)", m => m.Sign($"{TokenMint.Encode(m.GoodHeader)}."));
        yield return Bearer("a dot in front", m => "." + m.Good);
        yield return Bearer("a dot behind", m => m.Good + ".");
        yield return Bearer("a fourth part", m => m.Good + ".e30");
        yield return Bearer("encrypted, in five parts (RFC 7516)", _ => $"{TokenMint.Encode("""{"alg":"dir","enc":"A256GCM"}""")}..AAAAAAAAAAAAAAAA.e30.AAAAAAAAAAAAAAAAAAAAAA");
        yield return Bearer("encrypted, signed inside (cty JWT), in five parts", m => $"{TokenMint.Encode("""{"alg":"ECDH-ES","enc":"A128GCM","cty":"JWT"}""")}..AAAAAAAAAAAAAAAA.{TokenMint.Encode(m.Good)}.AAAAAAAAAAAAAAAAAAAAAA");
        yield return Bearer("a signed token as the payload of another", m => m.Make(payload: m.Good));
        yield return Bearer("signed, in JSON (RFC 7515 section 7.2)", m => $$"""{"protected":"{{m.Good.Split('.')[0]}}","payload":"{{m.Good.Split('.')[1]}}","signature":"{{m.Good.Split('.')[2]}}"}""");
        yield return Bearer("two tokens with a space between", m => $"{m.Good} {m.Good}");
        yield return Bearer("two tokens with a comma between", m => $"{m.Good},{m.Good}");
        yield return Bearer("two credentials in one header", m => $"{m.Good}, Bearer {m.Good}");
        yield return Bearer("the scheme twice", m => $"Bearer {m.Good}");
        yield return Bearer("parameters behind it", m => $"{m.Good}; scope=admin");
    }

    private static IEnumerable<HostileToken> Signatures()
    {
        yield return Bearer("the signature of another token", m => $"{m.Good[..m.Good.LastIndexOf('.')]}.{m.With("sub", "\"eve\"").Split('.')[2]}");
        yield return Bearer("another payload under a good signature", m => Part(m.Good, 1, _ => TokenMint.Encode(TokenMint.GoodPayload.Replace("\"ada\"", "\"root\"", StringComparison.Ordinal))));
        yield return Bearer("another header under a good signature", m => Part(m.Good, 0, _ => TokenMint.Encode(m.GoodHeader[..^1] + ",\"x\":1}")));
        yield return Bearer("the payload alone is signed", m => $"{TokenMint.Encode(m.GoodHeader)}.{m.Sign(TokenMint.Encode(TokenMint.GoodPayload))}");
        yield return Bearer("in DER (RFC 7518 section 3.4 wants R and S)", m => m.Resign(Der));
        yield return Bearer("R and S the other way round", m => m.Resign(s => [.. s[32..], .. s[..32]]));
        yield return Bearer("R and S are zero (CVE-2022-21449)", m => m.Resign(_ => new byte[64]));
        yield return Bearer("R is zero", m => m.Resign(s => [.. new byte[32], .. s[32..]]));
        yield return Bearer("S is zero", m => m.Resign(s => [.. s[..32], .. new byte[32]]));
        yield return Bearer("R and S are the order", m => m.Resign(_ => [.. TokenMint.Fixed(TokenMint.Order), .. TokenMint.Fixed(TokenMint.Order)]));
        yield return Bearer("R is one, S is one", m => m.Resign(_ => [.. TokenMint.Fixed(1), .. TokenMint.Fixed(1)]));
        yield return Bearer("R and S are as large as they can be", m => m.Resign(_ => [.. Enumerable.Repeat((byte)0xFF, 64)]));
        yield return Bearer("a bit turned in R", m => m.Resign(s => [(byte)(s[0] ^ 1), .. s[1..]]));
        yield return Bearer("a bit turned in S", m => m.Resign(s => [.. s[..63], (byte)(s[63] ^ 1)]));
        foreach (var length in (int[])[0, 1, 32, 63])
        {
            yield return Bearer($"cut to {length} bytes", m => m.Resign(s => s[..length]));
        }

        yield return Bearer("65 bytes", m => m.Resign(s => [.. s, 0]));
        yield return Bearer("a zero byte in front", m => m.Resign(s => [0, .. s]));
        yield return Bearer("twice as long", m => m.Resign(s => [.. s, .. s]));
        yield return Bearer("4,000 bytes", m => m.Resign(s => [.. s, .. new byte[4_000]]));
        yield return Bearer(
            "S replaced by its negative, which is as good a signature: nothing here takes a token's text for its identity",
            m => m.Resign(s => [.. s[..32], .. TokenMint.Fixed(TokenMint.Order - new BigInteger(s.AsSpan(32), isUnsigned: true, isBigEndian: true))]),
            Answer.Accepted);
    }

    private static IEnumerable<HostileToken> Requests()
    {
        yield return new("two headers with the same token", Answer.InvalidToken, m => $"Authorization: Bearer {m.Good}\r\nAuthorization: Bearer {m.Good}\r\n");
        yield return new("two headers, the good one first", Answer.InvalidToken, m => $"Authorization: Bearer {m.Good}\r\nAuthorization: Bearer a.b.c\r\n");
        yield return new("two headers, the good one second", Answer.InvalidToken, m => $"Authorization: Basic YTpi\r\nauthorization: Bearer {m.Good}\r\n");
        yield return new("the scheme in mixed case (RFC 9110 section 11.1)", Answer.Accepted, m => $"Authorization: bEaReR {m.Good}\r\n");
        yield return new("several spaces behind the scheme (RFC 6750 section 2.1)", Answer.Accepted, m => $"Authorization: Bearer    {m.Good}  \r\n");
        yield return new("a tab behind the scheme", Answer.NoCredentials, m => $"Authorization: Bearer\t{m.Good}\r\n");
        yield return new("the scheme alone", Answer.NoCredentials, _ => "Authorization: Bearer\r\n");
        yield return new("an empty header", Answer.NoCredentials, _ => "Authorization: \r\n");
        yield return new("no scheme", Answer.NoCredentials, m => $"Authorization: {m.Good}\r\n");
        foreach (var scheme in (string[])["Basic", "DPoP", "Token", "JWT", "Bearer:", "BearerX", "Digest"])
        {
            yield return new($"a good token under the scheme {scheme}", Answer.NoCredentials, m => $"Authorization: {scheme} {m.Good}\r\n");
        }

        foreach (var header in (string[])["Proxy-Authorization", "X-Authorization", "X-Access-Token", "X-Forwarded-Authorization"])
        {
            yield return new($"a good token in {header}", Answer.NoCredentials, m => $"{header}: Bearer {m.Good}\r\n");
        }

        yield return new("a good token in a cookie", Answer.NoCredentials, m => $"Cookie: access_token={m.Good}; token={m.Good}\r\n");
        yield return new("a good token in the address (RFC 9700 section 4.3.2: it would be logged)", Answer.NoCredentials, m => $"GET /me?access_token={m.Good}&token={m.Good} HTTP/1.1\r\n");
        yield return new("a good token in a form (RFC 6750 section 2.2, which is optional)", Answer.NoCredentials, m =>
        {
            var body = "access_token=" + m.Good;
            return $"POST /me HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        });
        yield return new("a zero character", Answer.BadRequest, m => $"Authorization: Bearer {m.Good}\0\r\n");
        yield return new("a lone carriage return", Answer.BadRequest, m => $"Authorization: Bearer {m.Good}\rX-Evil: 1\r\n");
        yield return new("a line break that makes a header of the rest", Answer.InvalidToken, m => $"Authorization: Bearer {m.Good[..^9]}\r\nX-Evil: {m.Good[^9..]}\r\n");
        yield return new("a folded line (RFC 9112 section 5.2)", Answer.BadRequest, m => $"Authorization: Bearer\r\n {m.Good}\r\n");
        yield return new("a space before the colon (RFC 9112 section 5.1)", Answer.BadRequest, m => $"Authorization : Bearer {m.Good}\r\n");
    }

    private static string Part(string token, int index, Func<string, string> change)
    {
        var parts = token.Split('.');
        parts[index] = change(parts[index]);
        return string.Join('.', parts);
    }

    /// <summary>The same bytes in a second spelling: a bit set that no byte needs. JSON takes the spaces that make room for it.</summary>
    private static string Unclean(string json)
    {
        while (Encoding.UTF8.GetByteCount(json) % 3 != 1)
        {
            json += " ";
        }

        var clean = TokenMint.Encode(json);
        return clean[..^1] + (char)(clean[^1] + 1);
    }

    private static byte[] Der(byte[] signature)
    {
        byte[] r = Integer(signature[..32]), s = Integer(signature[32..]);
        return [0x30, (byte)(r.Length + s.Length), .. r, .. s];
    }

    private static byte[] Integer(byte[] fixedLength)
    {
        var bytes = new BigInteger(fixedLength, isUnsigned: true, isBigEndian: true).ToByteArray(isUnsigned: false, isBigEndian: true);
        return [0x02, (byte)bytes.Length, .. bytes];
    }
}
