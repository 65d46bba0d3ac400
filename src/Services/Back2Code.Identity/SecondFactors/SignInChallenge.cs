using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Back2Code.Identity;

/// <summary>
/// Between the password and the code: who has given the right password in this browser, a moment ago. It travels through the page, encrypted and bound to the
/// browser, so nothing is kept for those who never come back. A password that was changed meanwhile ends it.
/// </summary>
internal sealed class SignInChallenge(KeyEncryption encryption, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <param name="browser">What this browser alone knows.</param>
    public string Create(User user, string browser)
    {
        byte[] content = JsonSerializer.SerializeToUtf8Bytes(new Content(user.Id, time.GetUtcNow() + Lifetime, Stamp(user)));
        return $"{encryption.Version}.{Base64Url.EncodeToString(encryption.Encrypt(content, Name(browser)))}";
    }

    /// <returns>Null when it is none of ours, another browser's, or too old.</returns>
    public PassedChallenge? Read(string? text, string browser)
    {
        if (text is not { Length: < 1_000 } || text.Split('.') is not [var version, var content]
            || !int.TryParse(version, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int number) || !Base64Url.IsValid(content))
        {
            return null;
        }

        try
        {
            var passed = JsonSerializer.Deserialize<Content>(encryption.Decrypt(Base64Url.DecodeFromChars(content), number, Name(browser)))!;
            return passed.Until > time.GetUtcNow() ? new(passed.UserId, passed.Stamp) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Whether the user's password is still the one that was given.</summary>
    public static bool IsCurrent(PassedChallenge passed, User user) => CryptographicOperations.FixedTimeEquals(passed.Stamp, Stamp(user));

    private static byte[] Stamp(User user) => Secret.Digest(user.PasswordHash ?? "");

    private static string Name(string browser) => $"sign-in {browser}";

    private sealed record Content(Guid UserId, DateTimeOffset Until, byte[] Stamp);
}

/// <summary>Somebody who has given the right password.</summary>
/// <param name="Stamp">Of the password.</param>
internal sealed record PassedChallenge(Guid UserId, byte[] Stamp);
