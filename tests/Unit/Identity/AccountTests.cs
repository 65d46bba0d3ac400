using System.Text;
using Back2Code.Identity;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Identity;

public sealed class AccountTests
{
    [Theory]
    [InlineData("ada@example.com", true)]
    [InlineData("Ada.Lovelace+notes@sub.example.co.uk", true)]
    [InlineData("ada@localhost", true)]
    [InlineData("", false)]
    [InlineData("ada", false)]
    [InlineData("@example.com", false)]
    [InlineData("ada@", false)]
    [InlineData("ada@-example.com", false)]
    [InlineData("ada@example..com", false)]
    [InlineData("ada@example.com\n", false)]
    [InlineData("ada@example.com\r\nBcc: eve@example.com", false)]
    [InlineData("ada@example.com,eve@example.com", false)]
    [InlineData("ada@example.com eve@example.com", false)]
    [InlineData("<ada@example.com>", false)]
    [InlineData("\"ada\"@example.com", false)]
    [InlineData("ad\u0430@example.com", false)]
    [InlineData("ada@[127.0.0.1]", false)]
    public void An_address_names_one_recipient_and_ends_no_header(string address, bool valid) => Assert.Equal(valid, EmailAddress.IsValid(address));

    [Fact]
    public void An_address_has_254_characters_at_most()
    {
        string longest = $"{new string('a', 64)}@{string.Join('.', Enumerable.Repeat(new string('b', 37), 5))}";

        Assert.Equal(254, longest.Length);
        Assert.True(EmailAddress.IsValid(longest));
        Assert.False(EmailAddress.IsValid(longest + "b"));
    }

    [Fact]
    public void A_sealed_address_is_its_owners_alone_and_is_found_whatever_its_case()
    {
        EmailVault vault = new(new KeyEncryption(Settings(1)));
        var owner = Guid.CreateVersion7();

        var stored = vault.Seal("Ada@example.com", owner);

        Assert.Equal("Ada@example.com", vault.Open(stored.Address, stored.Version, owner));
        Assert.Equal(stored.Hmac, Assert.Single(vault.Find("aDA@EXAMPLE.com")));
        Assert.DoesNotContain("example", Encoding.Latin1.GetString(stored.Address), StringComparison.Ordinal);
        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => vault.Open(stored.Address, stored.Version, Guid.CreateVersion7()));
    }

    [Fact]
    public void After_a_change_of_the_key_an_address_from_before_is_found_and_read()
    {
        var before = Settings(1);
        var owner = Guid.CreateVersion7();
        var stored = new EmailVault(new KeyEncryption(before)).Seal("ada@example.com", owner);
        var after = Settings(2);
        after.Value.PreviousEncryptionKeys[1] = before.Value.EncryptionKey;

        EmailVault vault = new(new KeyEncryption(after));

        Assert.Contains(vault.Find("ada@example.com"), hmac => hmac.SequenceEqual(stored.Hmac));
        Assert.Equal("ada@example.com", vault.Open(stored.Address, stored.Version, owner));
    }

    [Theory]
    [InlineData("correct horse battery", null)]
    [InlineData("elevenchars", "at least 12")]
    [InlineData("aaaaaaaaaaaabbbb", "different characters")]
    [InlineData("my name is ADA lovelace", "the name")]
    [InlineData(null, "at least 12")]
    public void A_password_is_long_and_not_the_name(string? password, string? wrong)
    {
        string? message = PasswordRules.Check(password, password, "ada");

        if (wrong is null)
        {
            Assert.Null(message);
        }
        else
        {
            Assert.Contains(wrong, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_password_is_typed_twice_and_has_an_end()
    {
        Assert.NotNull(PasswordRules.Check("correct horse battery", "correct horse batterx", "ada"));
        Assert.NotNull(PasswordRules.Check(string.Concat(Enumerable.Repeat("abcdefgh", 33)), null, "ada"));
    }

    [Theory]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge on Windows")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iPhone")]
    [InlineData("curl/8.5.0", "curl")]
    [InlineData("<script>alert(1)</script>", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Of_a_browser_its_kind_is_kept_and_nothing_that_it_sent(string? header, string? described) => Assert.Equal(described, UserAgent.Describe(header));

    [Fact]
    public void Links_go_to_the_issuer()
    {
        var (_, text) = MailTexts.ResetPassword("https://id.test/", "ada", "TOKEN", TimeSpan.FromHours(1));

        Assert.Contains("\nhttps://id.test/reset-password/confirm?token=TOKEN\n", text, StringComparison.Ordinal);
        Assert.Contains("within 60 minutes", text, StringComparison.Ordinal);
    }

    private static IOptions<IdentityOptions> Settings(int version) => Options.Create(new IdentityOptions
    {
        EncryptionKey = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)),
        EncryptionKeyVersion = version,
    });
}
