using System.Text;
using static Back2Code.IntegrationTests.ServiceDefaults.HostileTokens.HostileToken;

namespace Back2Code.IntegrationTests.ServiceDefaults.HostileTokens;

/// <summary>Claims that do not fit, signed with our own key: the signature is good, the token is not.</summary>
internal static class HostilePayloads
{
    public static IEnumerable<HostileToken> All => [.. Times(), .. Names(), .. Json()];

    private static IEnumerable<HostileToken> Times()
    {
        yield return Bearer("expired an hour ago", m => m.With("exp", $"{TokenMint.Now - 3600}"));
        yield return Bearer("expired a second more ago than clocks may differ", m => m.With("exp", $"{TokenMint.Now - 31}"));
        yield return Bearer("expired within what clocks may differ", m => m.With("exp", $"{TokenMint.Now - 10}"), Answer.Accepted);
        yield return Bearer("not valid before an hour from now", m => m.With("nbf", $"{TokenMint.Now + 3600}"));
        yield return Bearer("issued an hour from now", m => m.With("iat", $"{TokenMint.Now + 3600}"));
        yield return Bearer("exp with a fraction (RFC 7519 section 2)", m => m.With("exp", $"{TokenMint.Now + 60}.75"), Answer.Accepted);
        yield return Bearer("exp with an exponent, year 2286", m => m.With("exp", "1e10"), Answer.Accepted);
        foreach (var claim in (string[])["exp", "nbf", "iat"])
        {
            foreach (var raw in (string[])["null", "\"1900000000\"", "true", "[1900000000]", "{}", "-1", "-1e400", "1e400", "1e300", "9223372036854775808", "253402300800"])
            {
                yield return Bearer($"{claim} {raw}", m => m.With(claim, raw));
            }
        }

        yield return Bearer("exp missing", m => m.With("exp", null));
        yield return Bearer("exp 0", m => m.With("exp", "0"));
        yield return Bearer("exp with a leading zero, which is not JSON", m => m.Make(payload: TokenMint.GoodPayload.Replace("\"exp\":", "\"exp\":0", StringComparison.Ordinal)));
        yield return Bearer("exp NaN, which is not JSON", m => m.Make(payload: "{\"exp\":NaN," + TokenMint.GoodPayload[1..]));
        yield return Bearer("exp of a thousand digits", m => m.With("exp", new string('9', 1_000)));
    }

    private static IEnumerable<HostileToken> Names()
    {
        foreach (var raw in (string?[])
        [
            null, "null", "7", "\"\"", "\"http://evil.test\"", $"\"{TestService.Issuer}/\"", $"\"{TestService.Issuer}.evil.test\"", $"\"{TestService.Issuer.ToUpperInvariant()}\"", $"\" {TestService.Issuer}\"",
            $"\"{TestService.Issuer}\\u0000\"", $"[\"{TestService.Issuer}\"]", $"{{\"x\":\"{TestService.Issuer}\"}}",
        ])
        {
            yield return Bearer($"iss {raw ?? "missing"}", m => m.With("iss", raw));
        }

        foreach (var raw in (string?[])
        [
            null, "null", "7", "\"\"", "\"other\"", "\"Back2Code\"", "\"back2code2\"", "\"other back2code\"", "[]", "[\"other\"]", "[[\"back2code\"]]", "[\"back2code\",7]", "[\"back2code\",null]", "{\"0\":\"back2code\"}",
        ])
        {
            yield return Bearer($"aud {raw ?? "missing"}", m => m.With("aud", raw));
        }

        yield return Bearer("aud that lists us among others (RFC 7519 section 4.1.3)", m => m.With("aud", "[\"other\",\"back2code\"]"), Answer.Accepted);
        foreach (var raw in (string?[])[null, "null", "\"\"", "7", "true", "[\"ada\"]", "{}", "\"\\ud800\"", $"\"{new string('a', 256)}\""])
        {
            yield return Bearer($"sub {(raw?.Length > 40 ? "of 256 characters" : raw ?? "missing")}", m => m.With("sub", raw));
        }

        foreach (var raw in (string[])["null", "7", "[\"notes:write\"]", "{\"notes\":\"write\"}"])
        {
            yield return Bearer($"scope {raw} (RFC 8693 section 4.2: one text)", m => m.With("scope", raw));
            yield return Bearer($"client_id {raw}", m => m.With("client_id", raw));
        }

        yield return Bearer("a claim with half a surrogate pair", m => m.With("name", "\"\\udc00\""));
        yield return Bearer("a claim whose name is half a surrogate pair", m => m.With("\\ud800", "1"));
    }

    private static IEnumerable<HostileToken> Json()
    {
        foreach (var (claim, raw) in ((string, string)[])[("sub", "\"root\""), ("iss", $"\"{TestService.Issuer}\""), ("aud", "\"other\""), ("exp", "9999999999"), ("scope", "\"*\"")])
        {
            yield return Bearer($"{claim} twice", m => m.Make(payload: $"{TokenMint.GoodPayload[..^1]},\"{claim}\":{raw}}}"));
        }

        yield return Bearer("sub twice, the second written with an escape", m => m.Make(payload: $"{TokenMint.GoodPayload[..^1]},\"\\u0073ub\":\"root\"}}"));
        yield return Bearer("alg twice", m => m.Make(header: "{\"alg\":\"none\"," + m.GoodHeader[1..]));
        yield return Bearer("typ twice", m => m.Make(header: "{\"typ\":\"JWT\"," + m.GoodHeader[1..]));
        foreach (var (what, json) in ((string, string)[])[("an array", "[]"), ("a text", "\"ada\""), ("a number", "1"), ("null", "null"), ("an empty object", "{}"), ("nothing", ""), ("white space", " ")])
        {
            yield return Bearer($"the payload is {what}", m => m.Make(payload: json));
            yield return Bearer($"the header is {what}", m => m.Make(header: json));
        }

        foreach (var (what, change) in ((string, Func<string, string>)[])
        [
            ("a comma too many", json => json[..^1] + ",}"), ("a comment", json => "{/**/" + json[1..]), ("a second document behind it", json => json + "{}"), ("a word behind it", json => json + " x"),
            ("a zero character behind it", json => json + "\0"), ("single quotes", json => json.Replace('"', '\'')), ("no end", json => json[..^1]), ("a byte order mark", json => "\uFEFF" + json),
        ])
        {
            yield return Bearer($"the payload with {what}", m => m.Make(payload: change(TokenMint.GoodPayload)));
            yield return Bearer($"the header with {what}", m => m.Make(header: change(m.GoodHeader)));
        }

        yield return Bearer("white space in the payload's JSON, which means nothing (RFC 8259)", m => m.Make(payload: " \r\n\t" + TokenMint.GoodPayload + "\n"), Answer.Accepted);
        yield return Bearer("the payload in UTF-16", m => m.Make(Encoding.UTF8.GetBytes(m.GoodHeader), Encoding.Unicode.GetBytes(TokenMint.GoodPayload)));
        yield return Bearer("the header in UTF-16", m => m.Make(Encoding.Unicode.GetBytes(m.GoodHeader), Encoding.UTF8.GetBytes(TokenMint.GoodPayload)));
        foreach (var (what, bytes) in ((string, byte[])[])[("a lone continuation byte", [0x80]), ("an overlong slash", [0xC0, 0xAF]), ("a surrogate", [0xED, 0xA0, 0x80]), ("0xFF", [0xFF]), ("half a character", [0xE2, 0x82])])
        {
            yield return Bearer($"{what} in the subject, which is not UTF-8", m => m.Make(Encoding.UTF8.GetBytes(m.GoodHeader), Inside(TokenMint.GoodPayload, "ada", bytes)));
            yield return Bearer($"{what} in the kid, which is not UTF-8", m => m.Make(Inside(m.GoodHeader, m.KeyId, bytes), Encoding.UTF8.GetBytes(TokenMint.GoodPayload)));
        }

        yield return Bearer("arrays fifty deep", m => m.With("deep", new string('[', 50) + new string(']', 50)));
        yield return Bearer("objects a thousand deep that never end", m => m.Make(payload: string.Concat(Enumerable.Repeat("{\"a\":", 1_000))));
        yield return Bearer("arrays two thousand deep in place of the payload", m => m.Make(payload: new string('[', 2_000)));
        yield return Bearer("a header of arrays three hundred deep", m => m.Make(header: new string('[', 300)));
        yield return Bearer("five hundred claims are read, and mean nothing", m => m.Make(payload: TokenMint.GoodPayload[..^1] + string.Concat(Enumerable.Range(0, 500).Select(i => $",\"c{i}\":1")) + "}"), Answer.Accepted);
        yield return Bearer("a claim of 9,000 characters: too large a token", m => m.With("filler", $"\"{new string('x', 9_000)}\""));
        yield return Bearer("a claim of 20,000 characters: too large a token", m => m.With("filler", $"\"{new string('x', 20_000)}\""));
        yield return Bearer("a claim of 60,000 characters: too large a request (RFC 6585 section 5)", m => m.With("filler", $"\"{new string('x', 60_000)}\""), Answer.BadRequest);
    }

    private static byte[] Inside(string json, string text, byte[] replacement)
    {
        var at = json.IndexOf(text, StringComparison.Ordinal);
        return [.. Encoding.UTF8.GetBytes(json[..at]), .. replacement, .. Encoding.UTF8.GetBytes(json[(at + text.Length)..])];
    }
}
