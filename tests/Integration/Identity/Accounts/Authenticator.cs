using System.Text.RegularExpressions;
using Back2Code.Identity;

namespace Back2Code.IntegrationTests.Identity.Accounts;

/// <summary>What somebody has on a telephone, with the key from the page.</summary>
internal sealed partial class Authenticator
{
    private readonly byte[] _secret;

    private Authenticator(byte[] secret) => _secret = secret;

    public static async Task<Authenticator> ScanAsync(HttpResponseMessage page)
    {
        string html = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        string key = Key().Match(html).Groups["key"].Value.Replace("-", "", StringComparison.Ordinal);
        Assert.Equal(32, key.Length);
        Assert.Contains($"secret={key}", html, StringComparison.Ordinal);
        return new(Decode(key));
    }

    /// <param name="steps">0 for the code of now.</param>
    public string Code(int steps = 0) => Totp.Code(_secret, Totp.StepAt(TimeProvider.System.GetUtcNow()) + steps);

    /// <summary>A code of six digits that is not good around now.</summary>
    public string WrongCode() =>
        Enumerable.Range(0, 10).Select(static n => n.ToString("000000", System.Globalization.CultureInfo.InvariantCulture))
            .First(code => !Enumerable.Range(-3, 7).Select(Code).Contains(code));

    private static byte[] Decode(string key)
    {
        List<byte> bytes = [];
        int held = 0, count = 0;
        foreach (char letter in key)
        {
            held = (held << 5) | Base32.Alphabet.IndexOf(letter, StringComparison.Ordinal);
            count += 5;
            if (count >= 8)
            {
                count -= 8;
                bytes.Add((byte)(held >> count));
                held &= (1 << count) - 1;
            }
        }

        return [.. bytes];
    }

    [GeneratedRegex("<p><code>(?<key>[A-Z2-7-]+)</code></p>")]
    private static partial Regex Key();
}
