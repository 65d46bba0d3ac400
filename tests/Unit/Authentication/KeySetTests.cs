using System.Text;
using Back2Code.Authentication;

namespace Back2Code.UnitTests.Authentication;

public sealed class KeySetTests
{
    private const string X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    private const string Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    [Theory]
    [InlineData("", "not a JSON object")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{}", "no array 'keys'")]
    [InlineData("{\"keys\":{}}", "no array 'keys'")]
    [InlineData("{\"keys\":[7]}", "not an object")]
    [InlineData("{\"keys\":[],\"keys\":[]}", "a member twice")]
    [InlineData("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"X\",\"y\":\"Y\"}]}", "no 'kid'")]
    [InlineData("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"x\":\"X\",\"y\":\"Y\",\"d\":\"X\"}]}", "private key")]
    [InlineData("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"x\":\"AA\",\"y\":\"Y\"}]}", "32 bytes")]
    [InlineData("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"x\":\"X\"}]}", "32 bytes")]
    [InlineData("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"x\":\"X\",\"y\":\"X\"}]}", "not a point")]
    [InlineData("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"x\":\"X\",\"y\":\"Y\"},{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\",\"x\":\"X\",\"y\":\"Y\"}]}", "twice")]
    public void A_broken_set_is_refused_whole(string json, string reason)
    {
        var exception = Assert.Throws<InvalidDataException>(() => Parse(json));

        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"kty\":\"OKP\"")]
    [InlineData("\"kty\":\"EC\",\"crv\":\"P-384\"")]
    [InlineData("\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"enc\"")]
    [InlineData("\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ECDH-ES\"")]
    [InlineData("\"kty\":\"EC\",\"crv\":\"P-256\",\"key_ops\":[\"sign\"]")]
    public void Keys_for_other_purposes_are_skipped(string members) =>
        Assert.Equal(0, Parse($"{{\"keys\":[{{{members},\"kid\":\"k\",\"x\":\"X\",\"y\":\"Y\"}}]}}").Count);

    [Fact]
    public void A_set_above_the_size_limit_is_refused() =>
        Assert.Throws<InvalidDataException>(() => KeySet.Parse(new byte[KeySet.MaxBytes + 1]));

    private static KeySet Parse(string json) =>
        KeySet.Parse(Encoding.UTF8.GetBytes(json.Replace("\"X\"", $"\"{X}\"", StringComparison.Ordinal).Replace("\"Y\"", $"\"{Y}\"", StringComparison.Ordinal)));
}
