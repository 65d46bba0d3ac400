using System.Globalization;
using Spectre.Console;

namespace Back2Code.Cli.Commands;

/// <summary>The budgets as a table with bars. Colours only on a terminal, and not where NO_COLOR asks for none (no-color.org); the state is a word all the same.</summary>
internal static class SloStatusTable
{
    private const int BarWidth = 20;

    /// <summary>What does not know its width is a file or a pipe: lines there must not be broken.</summary>
    private const int PlainWidth = 200;

    public static void Print(SloStatusDocument document, TextWriter output)
    {
        var toTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        var colours = toTerminal && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = colours ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(output),
        });
        if (!toTerminal)
        {
            console.Profile.Width = PlainWidth;
        }

        console.Write(Draw(document));
    }

    /// <summary>Filled for what is left, dotted for what is spent; nothing is filled when it is overspent, and something whenever anything is left.</summary>
    internal static string Bar(double? remaining)
    {
        if (remaining is not { } left)
        {
            return new string(' ', BarWidth);
        }

        var filled = left <= 0 ? 0 : Math.Clamp((int)Math.Round(left * BarWidth), 1, BarWidth);
        return new string('█', filled) + new string('░', BarWidth - filled);
    }

    internal static string Duration(double? seconds) => seconds switch
    {
        null => "–",
        <= 0 => "gone",
        < 120 => Text($"{seconds:0} s"),
        < 2 * 3600 => Text($"{seconds / 60:0} min"),
        < 2 * 86_400 => Text($"{seconds / 3600:0.#} h"),
        < 1000 * 86_400d => Text($"{seconds / 86_400:0.#} d"),
        _ => "years",
    };

    private static Table Draw(SloStatusDocument document)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumns("objective", "state", "budget left")
            .AddColumn(Right("")).AddColumn(Right("burn 1h")).AddColumn(Right("gone in")).AddColumn(Right("events")).AddColumn(Right("data"));
        foreach (var slo in document.Items)
        {
            var state = slo.Stale && slo.State != "unknown" ? $"{slo.State} (old)" : slo.State;
            table.AddRow(
                Text($"{Markup.Escape(slo.Name)} ≥ {slo.Objective * 100:0.###} % over {Markup.Escape(slo.Period)}"),
                $"[{ColourOf(slo)}]{Markup.Escape(state)}[/]",
                $"[{ColourOf(slo)}]{Bar(slo.Remaining)}[/]",
                slo.Remaining is { } left ? Text($"{left * 100:0.0} %") : "–",
                slo.BurnRate is { } rate ? Text($"{rate:0.00}") : "–",
                Duration(slo.TimeToExhaustionSeconds),
                slo.Events is { } events ? Text($"{events:#,0}") : "–",
                slo.Coverage is { } coverage ? Text($"{coverage * 100:0} %") : "–");
        }

        return document.Note is { } note ? table.Caption(Markup.Escape(note)) : table;
    }

    private static TableColumn Right(string title) => new TableColumn(title).RightAligned().NoWrap();

    private static string ColourOf(SloStatusLine slo) => slo.Stale ? "grey" : slo.State switch
    {
        "ok" => "green",
        "warning" => "yellow",
        "critical" => "red",
        _ => "grey",
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
