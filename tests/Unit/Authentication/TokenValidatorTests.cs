using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Back2Code.Authentication;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Authentication;

public sealed class TokenValidatorTests : IDisposable
{
    private readonly TokenForge _forge = new();

    public void Dispose() => _forge.Dispose();

    [Fact]
    public async Task A_token_of_the_signer_is_accepted_with_its_claims()
    {
        var token = _forge.Signer.Sign("ada", TimeSpan.FromMinutes(5), TokenForge.Issuer, TokenForge.Audience, _forge.Time);

        var accepted = Assert.IsType<TokenVerdict.Accepted>(await _forge.Validator.ValidateAsync(token, _forge.Keys, CancellationToken.None));

        Assert.Equal("ada", accepted.Identity.FindFirst("sub")?.Value);
        Assert.Equal(_forge.Time.GetUtcNow() + TimeSpan.FromSeconds(330), accepted.GoodUntil);
        Assert.True(accepted.Identity.IsAuthenticated);
    }

    [Theory]
    [InlineData("""{"alg":"none","typ":"at+jwt","kid":"KID"}""", "algorithm")]
    [InlineData("""{"alg":"HS256","typ":"at+jwt","kid":"KID"}""", "algorithm")]
    [InlineData("""{"alg":"ES384","typ":"at+jwt","kid":"KID"}""", "algorithm")]
    [InlineData("""{"alg":"es256","typ":"at+jwt","kid":"KID"}""", "algorithm")]
    [InlineData("""{"alg":["ES256"],"typ":"at+jwt","kid":"KID"}""", "algorithm")]
    [InlineData("""{"typ":"at+jwt","kid":"KID"}""", "algorithm")]
    [InlineData("""{"alg":"ES256","typ":"JWT","kid":"KID"}""", "type")]
    [InlineData("""{"alg":"ES256","kid":"KID"}""", "type")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"KID","crit":["exp"]}""", "critical")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"KID","crit":[]}""", "critical")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt"}""", "key")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":""}""", "key")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":7}""", "key")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"other"}""", "key")]
    [InlineData("""{"alg":"ES256","alg":"ES256","typ":"at+jwt","kid":"KID"}""", "malformed")]
    [InlineData("""{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"KID"}""", "malformed")]
    [InlineData("""["ES256"]""", "malformed")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"KID",}""", "malformed")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"KID"} x""", "malformed")]
    [InlineData("""{"alg":"ES256",/**/"typ":"at+jwt","kid":"KID"}""", "malformed")]
    [InlineData("""{"alg":"ES256","typ":"at+jwt","kid":"\ud800"}""", "key")]
    public async Task A_header_that_is_not_exactly_ours_is_refused(string header, string reason) =>
        Assert.Equal(reason, await _forge.JudgeAsync(_forge.Make(header: header.Replace("KID", _forge.Signer.KeyId, StringComparison.Ordinal))));

    [Fact]
    public async Task What_the_scope_grants_comes_with_the_identity()
    {
        var token = _forge.Signer.Sign(
            "ada", TimeSpan.FromMinutes(5), TokenForge.Issuer, TokenForge.Audience, _forge.Time, "openid notes:write *:read", [Roles.Analyst], "console");

        var accepted = Assert.IsType<TokenVerdict.Accepted>(await _forge.Validator.ValidateAsync(token, _forge.Keys, CancellationToken.None));

        var identity = Assert.IsType<TokenIdentity>(accepted.Identity);
        Assert.Equal((true, true, false), (identity.Permissions.Allows("notes:write"), identity.Permissions.Allows("slos:read"), identity.Permissions.Allows("slos:write")));
        Assert.Equal(("console", "analyst", "openid notes:write *:read"), (identity.FindFirst("client_id")?.Value, identity.FindFirst("roles")?.Value, identity.FindFirst("scope")?.Value));
    }

    [Theory]
    [InlineData("at+jwt")]
    [InlineData("AT+JWT")]
    [InlineData("application/at+jwt")]
    public async Task The_type_is_a_media_type(string type) =>
        Assert.Equal("accepted ada", await _forge.JudgeAsync(_forge.Make(header: _forge.GoodHeader.Replace("at+jwt", type, StringComparison.Ordinal))));

    [Theory]
    [InlineData("iss", "\"https://other.test\"", "issuer")]
    [InlineData("iss", "\"https://issuer.test/\"", "issuer")]
    [InlineData("iss", null, "issuer")]
    [InlineData("aud", "\"other\"", "audience")]
    [InlineData("aud", "[\"other\"]", "audience")]
    [InlineData("aud", "[]", "audience")]
    [InlineData("aud", "[\"back2code\",7]", "audience")]
    [InlineData("aud", "{}", "audience")]
    [InlineData("aud", null, "audience")]
    [InlineData("sub", "\"\"", "subject")]
    [InlineData("sub", "5", "subject")]
    [InlineData("sub", null, "subject")]
    [InlineData("exp", null, "malformed")]
    [InlineData("exp", "\"1900000000\"", "malformed")]
    [InlineData("exp", "-1", "malformed")]
    [InlineData("exp", "1e400", "malformed")]
    [InlineData("exp", "1e300", "malformed")]
    [InlineData("exp", "0", "expired")]
    [InlineData("nbf", "\"soon\"", "malformed")]
    [InlineData("nbf", "253402300799", "not_yet_valid")]
    [InlineData("iat", "null", "malformed")]
    [InlineData("iat", "253402300799", "not_yet_valid")]
    [InlineData("scope", "[\"notes:write\"]", "malformed")]
    [InlineData("scope", "null", "malformed")]
    [InlineData("client_id", "7", "malformed")]
    [InlineData("name", "\"\\ud800\"", "malformed")]
    public async Task A_claim_that_does_not_fit_is_refused(string claim, string? value, string reason) =>
        Assert.Equal(reason, await _forge.JudgeAsync(_forge.MakeWith(claim, value)));

    [Fact]
    public async Task A_claim_that_stands_twice_is_refused() =>
        Assert.Equal("malformed", await _forge.JudgeAsync(_forge.Make(payload: _forge.GoodPayload[..^1] + ",\"sub\":\"root\"}")));

    [Theory]
    [InlineData(",\"act\":{\"sub\":\"a\",\"sub\":\"b\"}")]
    [InlineData(",\"list\":[{\"x\":1},{\"y\":1,\"y\":2}]")]
    [InlineData(",\"\\u0073ub\":\"root\"")]
    [InlineData(",\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"a\":7")]
    public async Task A_name_that_stands_twice_is_refused_wherever_and_however_it_is_written(string members) =>
        Assert.Equal("malformed", await _forge.JudgeAsync(_forge.Make(payload: _forge.GoodPayload[..^1] + members + "}")));

    [Fact]
    public async Task A_scope_that_begins_like_one_seen_before_is_another_scope()
    {
        var first = await AcceptAsync("\"notes:read\"");
        var again = await AcceptAsync("\"notes:\\u0072ead\"");
        var longer = await AcceptAsync("\"notes:read notes:write\"");

        Assert.Same(first.Permissions, again.Permissions);
        Assert.Equal((false, true), (first.Permissions.Allows("notes:write"), longer.Permissions.Allows("notes:write")));
        Assert.Equal("notes:read notes:write", longer.FindFirst("scope")!.Value);
        Assert.Equal("malformed", await _forge.JudgeAsync(_forge.MakeWith("scope", "\"notes:\\ud800\"")));
        Assert.Equal("malformed", await _forge.JudgeAsync(_forge.MakeWith("iss", "\"https://issuer\\ud800\"")));
    }

    private async Task<TokenIdentity> AcceptAsync(string scope) =>
        (TokenIdentity)((TokenVerdict.Accepted)await _forge.Validator.ValidateAsync(_forge.MakeWith("scope", scope), _forge.Keys, CancellationToken.None)).Identity;

    [Theory]
    [InlineData(",\"act\":{\"sub\":\"a\"},\"list\":[{\"x\":1},{\"x\":2}]")]
    [InlineData(",\"\\u0073\":\"another name\"")]
    public async Task The_same_name_in_two_objects_is_fine(string members) =>
        Assert.Equal("accepted ada", await _forge.JudgeAsync(_forge.Make(payload: _forge.GoodPayload[..^1] + members + "}")));

    [Fact]
    public async Task An_audience_among_others_is_accepted() =>
        Assert.Equal("accepted ada", await _forge.JudgeAsync(_forge.MakeWith("aud", "[\"x\",\"back2code\"]")));

    [Theory]
    [InlineData(89, "accepted ada")]
    [InlineData(90, "expired")]
    public async Task Expiry_allows_for_the_clock_skew_and_not_a_second_more(int secondsLater, string verdict)
    {
        var token = _forge.Make();

        _forge.Time.Advance(TimeSpan.FromSeconds(secondsLater));

        Assert.Equal(verdict, await _forge.JudgeAsync(token));
    }

    [Theory]
    [InlineData(30, "accepted ada")]
    [InlineData(31, "not_yet_valid")]
    public async Task Not_before_allows_for_the_clock_skew_and_not_a_second_more(int secondsAhead, string verdict) =>
        Assert.Equal(verdict, await _forge.JudgeAsync(_forge.MakeWith("nbf", (_forge.Now + secondsAhead).ToString(System.Globalization.CultureInfo.InvariantCulture))));

    [Fact]
    public async Task A_header_seen_before_is_judged_as_the_first_time()
    {
        var header = TokenForge.Encode(_forge.GoodHeader);
        Assert.Equal("accepted ada", await _forge.JudgeAsync(_forge.Make()));

        Assert.Equal("accepted ada", await _forge.JudgeAsync(_forge.Make()));
        Assert.Equal("signature", await _forge.JudgeAsync(_forge.Make()[..^86] + new string('A', 86)));
        Assert.Equal("signature", await _forge.JudgeAsync($"{header}.e30=.{new string('A', 86)}"));
        Assert.Equal("malformed", await _forge.JudgeAsync($"{header}.e30.{new string('A', 85)}"));
        Assert.Equal("algorithm", await _forge.JudgeAsync(_forge.Make(header: _forge.GoodHeader.Replace("ES256", "HS256", StringComparison.Ordinal))));
        Assert.Equal("accepted ada", await _forge.JudgeAsync(_forge.Make(header: _forge.GoodHeader + " ")));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("...")]
    [InlineData("a.b")]
    [InlineData("a.b.c")]
    [InlineData("a.b.c.d")]
    [InlineData("e30.e30.")]
    [InlineData("e30=.e30.AA")]
    [InlineData("e3 0.e30.AA")]
    [InlineData("e31.e30.AA")]
    public async Task Text_that_is_no_token_is_refused(string token) =>
        Assert.StartsWith("m", (await _forge.JudgeAsync(token)).Replace("algorithm", "m", StringComparison.Ordinal), StringComparison.Ordinal);

    [Fact]
    public async Task A_signature_in_DER_form_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = key.ExportParameters(false).Q;
        var keys = KeySet.Parse(Encoding.UTF8.GetBytes($$"""{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"{{Base64Url.EncodeToString(q.X)}}","y":"{{Base64Url.EncodeToString(q.Y)}}"}]}"""));
        var signed = TokenForge.Encode("""{"alg":"ES256","typ":"at+jwt","kid":"k"}""") + "." + TokenForge.Encode(_forge.GoodPayload);

        string With(DSASignatureFormat format) => signed + "." + Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, format));

        Assert.IsType<TokenVerdict.Accepted>(await _forge.Validator.ValidateAsync(With(DSASignatureFormat.IeeeP1363FixedFieldConcatenation), keys, CancellationToken.None));
        Assert.Equal(TokenVerdict.Rejected.BadSignature, await _forge.Validator.ValidateAsync(With(DSASignatureFormat.Rfc3279DerSequence), keys, CancellationToken.None));
    }

    [Fact]
    public async Task A_signature_of_zeros_is_refused() =>
        // CVE-2022-21449: r = s = 0 verified under every key in some libraries.
        Assert.Equal("signature", await _forge.JudgeAsync(_forge.Make()[..^86] + Base64Url.EncodeToString(new byte[64])));

    [Fact]
    public async Task A_second_spelling_of_the_signature_is_refused()
    {
        // 64 bytes leave four unused bits in the last character.
        var token = _forge.Make();
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var other = alphabet[alphabet.IndexOf(token[^1], StringComparison.Ordinal) | 1];

        Assert.Equal("malformed", await _forge.JudgeAsync(token[..^1] + other));
    }

    [Fact]
    public async Task A_token_above_the_size_limit_is_refused_before_it_is_decoded() =>
        Assert.Equal("too_large", await _forge.JudgeAsync(_forge.MakeWith("filler", $"\"{new string('x', 9_000)}\"")));

    [Fact]
    public async Task A_header_above_its_limit_is_refused() =>
        Assert.Equal("malformed", await _forge.JudgeAsync(_forge.Make(header: _forge.GoodHeader[..^1] + $",\"filler\":\"{new string('x', 2_000)}\"}}")));

    [Fact]
    public async Task Deep_nesting_is_refused() =>
        Assert.Equal("malformed", await _forge.JudgeAsync(_forge.MakeWith("deep", new string('[', 50) + new string(']', 50))));

    [Fact]
    public void No_changed_character_leaves_a_token_valid()
    {
        var token = _forge.Make();
        Prop.ForAll(Gen.Choose(0, token.Length - 1).SelectMany(at => Gen.Choose(0, 127).Select(c => (at, c: (char)c))).ToArbitrary(), async x =>
        {
            var changed = token[..x.at] + x.c + token[(x.at + 1)..];
            return changed == token || !(await _forge.JudgeAsync(changed)).StartsWith("accepted", StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_text_gets_a_verdict_and_no_exception() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), ArbMap.Default.ArbFor<string>(), async (header, payload) =>
            !(await _forge.JudgeAsync(_forge.Sign(TokenForge.Encode(header ?? "") + "." + TokenForge.Encode(payload ?? "")))).StartsWith("accepted", StringComparison.Ordinal)
            && !(await _forge.JudgeAsync((header ?? "") + "." + payload + ".AA")).StartsWith("accepted", StringComparison.Ordinal)).QuickCheckThrowOnFailure();
}
