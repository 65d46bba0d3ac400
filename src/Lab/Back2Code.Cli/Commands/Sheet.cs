using Spectre.Console;

namespace Back2Code.Cli.Commands;

/// <summary>Tables on the terminal, and the same without colours or broken lines where there is none.</summary>
internal sealed class Sheet
{
    // What does not know its width is a file or a pipe: lines there must not be broken.
    private const int PlainWidth = 220;

    private readonly IAnsiConsole _console;

    public Sheet(TextWriter writer)
    {
        var terminal = (ReferenceEquals(writer, Console.Out) && !Console.IsOutputRedirected) || (ReferenceEquals(writer, Console.Error) && !Console.IsErrorRedirected);
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!terminal)
        {
            _console.Profile.Width = PlainWidth;
        }
    }

    /// <summary>A heading that starts with # is of a column of numbers.</summary>
    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var heading in headings)
        {
            var column = new TableColumn(Markup.Escape(heading.TrimStart('#')));
            table.AddColumn(heading.StartsWith('#') ? column.RightAligned() : column);
        }

        foreach (var row in rows)
        {
            table.AddRow([.. row.Take(headings.Count).Select(Markup.Escape)]);
        }

        _console.Write(table);
    }

    /// <summary>Relative while it lies below the current folder: short to read, and right to paste.</summary>
    public static string Short(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
