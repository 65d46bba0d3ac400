using System.Text;
using Back2Code.Authentication;

namespace Back2Code.UnitTests.Authentication;

/// <summary>Examples printed in the RFCs.</summary>
public sealed class VectorTests
{
    /// <summary>RFC 7515, appendix A.3: the key, the signing input and the signature of an ES256 example.</summary>
    private const string KeyA3 = """{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","kid":"a3"}""";

    private const string InputA3 = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private const string SignatureA3 = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    [Fact]
    public void The_signature_of_RFC_7515_appendix_A_3_verifies()
    {
        var key = KeySet.Parse(Encoding.UTF8.GetBytes($$"""{"keys":[{{KeyA3}}]}""")).Find("a3")!;
        Assert.True(StrictBase64Url.TryDecode(SignatureA3, out var signature));

        Assert.True(key.Verify(Encoding.ASCII.GetBytes(InputA3), signature));
        Assert.False(key.Verify(Encoding.ASCII.GetBytes(InputA3 + "x"), signature));
    }

    [Fact]
    public async Task The_tokens_of_the_RFCs_are_no_access_tokens_of_ours()
    {
        using var forge = new TokenForge();

        // RFC 7515 A.3 (ES256 without typ and kid), RFC 7519 section 3.1 (HS256), section 6.1 (unsecured).
        Assert.Equal("type", await forge.JudgeAsync($"{InputA3}.{SignatureA3}"));
        Assert.Equal("algorithm", await forge.JudgeAsync("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        Assert.Equal("algorithm", await forge.JudgeAsync("eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."));
    }

    [Fact]
    public void The_key_of_RFC_7517_appendix_A_1_is_read_and_the_RSA_key_beside_it_skipped()
    {
        const string keys = """
            {"keys":[
              {"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"},
              {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc","e":"AQAB","alg":"RS256","kid":"2011-04-29"},
              {"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"sig","kid":"3"}]}
            """;

        var set = KeySet.Parse(Encoding.UTF8.GetBytes(keys));

        Assert.Equal((1, true), (set.Count, set.Find("3") is not null));
    }
}
