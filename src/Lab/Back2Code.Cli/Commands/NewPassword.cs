using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>A password for somebody: typed twice at a prompt that shows nothing, or a line of standard input. Never an argument, which `ps` shows.</summary>
internal static class NewPassword
{
    // What the identity service takes at most, and a line's end.
    private const int LongestLine = 1_024;

    /// <exception cref="LabException">Nothing came, or the two differ.</exception>
    public static string Read(string user, bool isRedirected)
    {
        if (isRedirected)
        {
            return ReadLine(Console.In) ?? throw new LabException("Standard input holds no password.");
        }

        string first = Prompt($"Password for {user}: ");
        return Prompt("The same again: ") == first ? first : throw new LabException("The two passwords differ.");
    }

    /// <summary>The first line; null when there is none or it is empty.</summary>
    internal static string? ReadLine(TextReader input)
    {
        char[] buffer = new char[LongestLine];
        int length = input.ReadBlock(buffer, 0, buffer.Length);
        string line = new string(buffer, 0, length).Split('\n')[0].TrimEnd('\r');
        return line.Length == 0 ? null : line;
    }

    private static string Prompt(string text)
    {
        // To standard error: what a command prints is for the next one in the pipe.
        Console.Error.Write(text);
        List<char> typed = [];
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.RemoveRange(Math.Max(0, typed.Count - 1), Math.Min(1, typed.Count));
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Add(key.KeyChar);
            }
        }

        Console.Error.WriteLine();
        return typed.Count > 0 ? new string([.. typed]) : throw new LabException("No password was typed.");
    }
}
