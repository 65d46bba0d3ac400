using System.Text;
using Back2Code.Identity;
using Back2Code.UnitTests.Resilience;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Identity;

public sealed class SecondFactorTests
{
    // Of RFC 4226, appendix D, and RFC 6238, appendix B.
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");

    [Fact]
    public void Codes_are_those_of_RFC_4226_appendix_D()
    {
        string[] codes = [.. Enumerable.Range(0, 10).Select(static counter => Totp.Code(Secret, counter))];

        Assert.Equal(["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"], codes);
    }

    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1111111109, "07081804")]
    [InlineData(1111111111, "14050471")]
    [InlineData(1234567890, "89005924")]
    [InlineData(2000000000, "69279037")]
    [InlineData(20000000000, "65353130")]
    public void Codes_are_those_of_RFC_6238_appendix_B(long seconds, string code) =>
        Assert.Equal(code, Totp.Code(Secret, Totp.StepAt(DateTimeOffset.FromUnixTimeSeconds(seconds)), digits: 8));

    [Theory]
    [InlineData(-2, false)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void A_code_is_taken_one_step_early_or_late_and_no_more(int steps, bool taken)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_111_111_111);
        string code = Totp.Code(Secret, Totp.StepAt(now) + steps);

        Assert.Equal(taken ? Totp.StepAt(now) + steps : null, Totp.FindStep(Secret, code, now, lastStep: 0));
    }

    [Fact]
    public void A_code_that_was_used_and_older_ones_are_not_taken_again()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_111_111_111);
        long step = Totp.StepAt(now);

        Assert.Null(Totp.FindStep(Secret, Totp.Code(Secret, step), now, lastStep: step));
        Assert.Null(Totp.FindStep(Secret, Totp.Code(Secret, step - 1), now, lastStep: step));
        Assert.Equal(step + 1, Totp.FindStep(Secret, Totp.Code(Secret, step + 1), now, lastStep: step));
    }

    [Theory]
    [InlineData("")]
    [InlineData("75522")]
    [InlineData("7552240")]
    [InlineData(" 755224")]
    [InlineData("٧٥٥٢٢٤")]
    [InlineData("755224\0")]
    public void What_is_no_code_is_none(string typed) => Assert.Null(Totp.FindStep(Secret, typed, DateTimeOffset.FromUnixTimeSeconds(0), lastStep: -10));

    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Base32_is_that_of_RFC_4648_section_10_without_padding(string text, string encoded) =>
        Assert.Equal(encoded, Base32.Encode(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void A_recovery_code_is_read_however_it_is_typed_and_never_taken_for_a_code_of_an_authenticator()
    {
        string code = RecoveryCode.Create();

        Assert.Equal(code, RecoveryCode.Read(RecoveryCode.Show(code)));
        Assert.Equal(code, RecoveryCode.Read($" {RecoveryCode.Show(code).ToLowerInvariant().Replace('-', ' ')} "));
        Assert.Null(RecoveryCode.Read("755224"));
        Assert.Null(RecoveryCode.Read(code[1..]));
        Assert.Null(RecoveryCode.Read(code[1..] + "1"));
    }

    [Fact]
    public void The_digest_of_a_recovery_code_is_its_users()
    {
        string code = RecoveryCode.Create();

        Assert.NotEqual(RecoveryCode.Digest(Guid.CreateVersion7(), code), RecoveryCode.Digest(Guid.CreateVersion7(), code));
    }

    [Fact]
    public void An_authenticator_gets_the_parts_of_the_address_escaped() =>
        Assert.Equal(
            "otpauth://totp/Back2Code%20id.test:a%26b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Back2Code%20id.test", Totp.Address("Back2Code id.test", "a&b", Secret));

    [Fact]
    public void Between_password_and_code_nothing_counts_that_is_anothers_or_old_or_of_another_password()
    {
        ManualTime time = new();
        SignInChallenge challenge = new(new KeyEncryption(Options.Create(new IdentityOptions { EncryptionKey = Convert.ToBase64String(new byte[32]) })), time);
        User user = new(Guid.CreateVersion7(), "ada", "analyst", "hash", time.GetUtcNow(), null);
        string text = challenge.Create(user, "browser");

        var passed = challenge.Read(text, "browser");

        Assert.Equal(user.Id, passed!.UserId);
        Assert.True(SignInChallenge.IsCurrent(passed, user));
        Assert.False(SignInChallenge.IsCurrent(passed, user with { PasswordHash = "another" }));
        Assert.Null(challenge.Read(text, "another browser"));
        Assert.Null(challenge.Read(text[..^2], "browser"));
        Assert.All(new[] { null, "", ".", "1.", "1.!", "2.AAAA", "1." + new string('A', 2_000), "-1.AAAA" }, broken => Assert.Null(challenge.Read(broken, "browser")));
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.Null(challenge.Read(text, "browser"));
    }
}
