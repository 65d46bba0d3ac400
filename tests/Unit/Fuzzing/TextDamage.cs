namespace Back2Code.UnitTests.Fuzzing;

/// <summary>Cuts, copies, swaps and insertions, the same for the same seed.</summary>
internal static class TextDamage
{
    /// <param name="text">What is right, or almost.</param>
    /// <param name="tokens">What is put in besides single characters: words that mean something to the reader under test.</param>
    /// <param name="random">Decides where and what.</param>
    /// <param name="most">Changes, at least one.</param>
    public static string Do(string text, IReadOnlyList<string> tokens, Random random, int most = 6)
    {
        for (var i = random.Next(1, most + 1); i > 0; i--)
        {
            var at = random.Next(text.Length + 1);
            var length = Math.Min(random.Next(1, 20), text.Length - at);
            text = random.Next(6) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, tokens[random.Next(tokens.Count)]),
                2 => text.Remove(at, length).Insert(at, tokens[random.Next(tokens.Count)]),
                3 => text.Insert(random.Next(text.Length + 1), text.Substring(at, length)),
                4 => text[..at],
                _ => text.Insert(at, ((char)random.Next(1, 0x250)).ToString()),
            };
        }

        return text;
    }
}
