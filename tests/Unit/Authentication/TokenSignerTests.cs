using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Back2Code.Authentication;
using Back2Code.Authentication.Signing;

namespace Back2Code.UnitTests.Authentication;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class TokenSignerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-signer-").FullName;

    private string Pem => Path.Combine(_folder, "signing-key.pem");

    private string Jwks => Path.Combine(_folder, "jwks.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_key_is_created_for_its_owner_only_and_the_public_set_for_all()
    {
        using var signer = TokenSigner.LoadOrCreate(Pem, Jwks);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Pem));
        Assert.True(File.GetUnixFileMode(Jwks).HasFlag(UnixFileMode.OtherRead | UnixFileMode.GroupRead));
        Assert.DoesNotContain("\"d\"", File.ReadAllText(Jwks), StringComparison.Ordinal);
        Assert.Equal(["jwks.json", "signing-key.pem"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Loading_the_key_alone_leaves_the_public_set_as_it_is()
    {
        using var created = TokenSigner.LoadOrCreate(Pem, Jwks);
        File.WriteAllText(Jwks, "somebody has changed this");

        using var loaded = TokenSigner.Load(Pem);

        Assert.Equal(created.KeyId, loaded.KeyId);
        Assert.Equal("somebody has changed this", File.ReadAllText(Jwks));
    }

    [Fact]
    public void The_same_key_is_loaded_again()
    {
        using var created = TokenSigner.LoadOrCreate(Pem, Jwks);
        using var loaded = TokenSigner.LoadOrCreate(Pem, Jwks);

        Assert.Equal((created.KeyId, created.JsonWebKeySet), (loaded.KeyId, loaded.JsonWebKeySet));
    }

    [Fact]
    public void A_lost_or_stale_public_set_is_made_anew()
    {
        using var created = TokenSigner.LoadOrCreate(Pem, Jwks);
        File.WriteAllText(Jwks, "{\"keys\":[]}");

        using var loaded = TokenSigner.LoadOrCreate(Pem, Jwks);

        Assert.Equal(created.JsonWebKeySet, File.ReadAllText(Jwks));
    }

    [Fact]
    public async Task Many_that_create_the_key_at_once_agree_on_one()
    {
        var signers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => TokenSigner.LoadOrCreate(Pem, Jwks))));

        Assert.Single(signers.Select(s => s.KeyId).Distinct());
        Assert.Equal(signers[0].JsonWebKeySet, await File.ReadAllTextAsync(Jwks));
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
        Array.ForEach(signers, s => s.Dispose());
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("P-384")]
    [InlineData("public")]
    public void A_file_without_a_P256_private_key_is_named_and_left_alone(string kind)
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var text = kind switch { "P-384" => p384.ExportPkcs8PrivateKeyPem(), "public" => p256.ExportSubjectPublicKeyInfoPem(), _ => kind };
        File.WriteAllText(Pem, text);

        var exception = Assert.Throws<InvalidDataException>(() => TokenSigner.LoadOrCreate(Pem, Jwks));

        Assert.Contains(Pem, exception.Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(Pem));
    }

    [Fact]
    public async Task Subjects_of_any_text_come_back_unchanged()
    {
        using var forge = new TokenForge();
        const string subject = "O'Brien \"x\" <é😀>\n";

        var token = forge.Signer.Sign(subject, TimeSpan.FromMinutes(1), TokenForge.Issuer, TokenForge.Audience, forge.Time);

        Assert.Equal("accepted " + subject, await forge.JudgeAsync(token));
    }

    [Fact]
    public void The_key_id_is_the_thumbprint_of_RFC_7638()
    {
        using var signer = TokenSigner.CreateInMemory();
        var key = JsonDocument.Parse(signer.JsonWebKeySet).RootElement.GetProperty("keys")[0];
        var canonical = $"{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{key.GetProperty("x").GetString()}\",\"y\":\"{key.GetProperty("y").GetString()}\"}}";

        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(canonical))), signer.KeyId);
        Assert.NotNull(KeySet.Parse(Encoding.UTF8.GetBytes(signer.JsonWebKeySet)).Find(signer.KeyId));
    }
}
