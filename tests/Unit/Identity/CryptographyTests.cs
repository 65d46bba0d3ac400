using System.Security.Cryptography;
using System.Text;
using Back2Code.Identity;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Identity;

public sealed class CryptographyTests
{
    private static readonly byte[] Plain = Encoding.UTF8.GetBytes("a private key");

    [Fact]
    public void What_is_encrypted_can_be_read_again_and_never_looks_the_same()
    {
        KeyEncryption encryption = new(Settings(version: 1));

        byte[] first = encryption.Encrypt(Plain, "k1");
        byte[] second = encryption.Encrypt(Plain, "k1");

        Assert.NotEqual(first, second);
        Assert.Equal(Plain, encryption.Decrypt(first, 1, "k1"));
    }

    [Fact]
    public void A_changed_byte_another_row_and_another_key_are_found_out()
    {
        KeyEncryption encryption = new(Settings(version: 1));
        byte[] sealedBytes = encryption.Encrypt(Plain, "k1");

        for (int n = 0; n < sealedBytes.Length; n++)
        {
            byte[] changed = [.. sealedBytes];
            changed[n] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => encryption.Decrypt(changed, 1, "k1"));
        }

        Assert.ThrowsAny<CryptographicException>(() => encryption.Decrypt(sealedBytes, 1, "k2"));
        Assert.ThrowsAny<CryptographicException>(() => encryption.Decrypt([1, 2, 3], 1, "k1"));
        Assert.ThrowsAny<CryptographicException>(() => new KeyEncryption(Settings(version: 1)).Decrypt(sealedBytes, 1, "k1"));
    }

    [Fact]
    public void A_new_encryption_key_reads_what_the_one_before_wrote()
    {
        var before = Settings(version: 1);
        byte[] sealedBytes = new KeyEncryption(before).Encrypt(Plain, "k1");
        var after = Settings(version: 2);
        after.Value.PreviousEncryptionKeys[1] = before.Value.EncryptionKey;

        Assert.Equal(Plain, new KeyEncryption(after).Decrypt(sealedBytes, 1, "k1"));
        var unknown = Assert.Throws<CryptographicException>(() => new KeyEncryption(Settings(version: 2)).Decrypt(sealedBytes, 1, "k1"));
        Assert.Contains("PreviousEncryptionKeys", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_signature_is_good_for_its_key_and_its_text_only()
    {
        var key = SigningKey.Create();
        var restored = SigningKey.FromPrivate(key.ExportPrivate());

        byte[] signature = restored.Sign(Plain);

        Assert.Equal(key.Id, restored.Id);
        Assert.True(SigningKey.FromPublic(key.X, key.Y).Verify(Plain, signature));
        Assert.False(SigningKey.Create().Verify(Plain, signature));
        Assert.False(key.Verify([.. Plain, 0], signature));
        Assert.False(key.Verify(Plain, signature.AsSpan(1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a.b.c.d")]
    [InlineData("e30.e30.e30")]
    [InlineData("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0Iiwia2lkIjoiayJ9.e30.")]
    [InlineData("eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImsifQ.e30.AAAA")]
    [InlineData("eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImsiLCJjcml0IjpbXX0.e30.AAAA")]
    [InlineData("eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImsifQ .e30.AAAA")]
    public void What_is_no_token_of_ours_does_not_even_come_apart(string text) => Assert.False(Jwt.TrySplit(text, out _));

    [Fact]
    public void A_signed_token_comes_apart_again()
    {
        var key = SigningKey.Create();

        string token = Jwt.Sign(key, Jwt.AccessTokenType, new Dictionary<string, object> { ["sub"] = "ada" });

        Assert.True(Jwt.TrySplit(token, out var jwt));
        Assert.Equal((Jwt.AccessTokenType, key.Id), (jwt.Type, jwt.KeyId));
        Assert.True(key.Verify(Encoding.ASCII.GetBytes(jwt.Signed), jwt.Signature));
        Assert.Equal("ada", Jwt.Text(Jwt.Claims(jwt), "sub"));
    }

    [Fact]
    public void The_example_of_RFC_7636_appendix_B_is_verified()
    {
        const string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        const string challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

        Assert.True(AuthorizationCodes.IsVerified(verifier, challenge));
        Assert.False(AuthorizationCodes.IsVerified(verifier + "a", challenge));
        Assert.False(AuthorizationCodes.IsVerified(challenge, challenge));
        Assert.False(AuthorizationCodes.IsVerified("short", challenge));
    }

    [Fact]
    public async Task Passwords_are_hashed_with_what_OWASP_advises()
    {
        Passwords passwords = new(Options.Create(new IdentityOptions()), TimeProvider.System);

        byte[] hash = Convert.FromBase64String(await passwords.HashAsync("correct horse battery", "192.0.2.1", TestContext.Current.CancellationToken));

        // Version 3 of the framework's format: a marker, the function (2 is HMAC-SHA512), and the iterations.
        Assert.Equal(1, hash[0]);
        Assert.Equal(2u, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(1)));
        Assert.Equal(210_000u, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(5)));
    }

    [Fact]
    public async Task Nobodys_password_never_matches()
    {
        Passwords passwords = new(Options.Create(new IdentityOptions { PasswordIterations = 1_000 }), TimeProvider.System);

        var (matches, _) = await passwords.VerifyAsync(null, "", "192.0.2.1", TestContext.Current.CancellationToken);

        Assert.False(matches);
    }

    private static IOptions<IdentityOptions> Settings(int version) => Options.Create(new IdentityOptions
    {
        EncryptionKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        EncryptionKeyVersion = version,
    });
}
