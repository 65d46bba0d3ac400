using System.Globalization;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Reports;
using Spectre.Console;

namespace Back2Code.Cli.Commands;

/// <summary>Shows a drill while it runs: one line a phase, rewritten in place on a terminal, else written when it ends and every few seconds.</summary>
internal sealed class DrillScreen : IProgress<DrillProgress>
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);
    private const string EraseLine = "\r\u001b[2K";

    private readonly Lock gate = new();
    private readonly TextWriter writer;
    private readonly IAnsiConsole console;
    private readonly bool live;
    private TimeSpan lastPlain;

    public DrillScreen(TextWriter writer, bool live)
    {
        this.writer = writer;
        console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Interactive = InteractionSupport.No });
        this.live = live && console.Profile.Capabilities.Ansi;
    }

    public void Title(Drill drill)
    {
        lock (gate)
        {
            WriteMarkup($"[bold]{Markup.Escape(drill.Name)}[/]: {Markup.Escape(drill.Experiment.Title)}");
        }
    }

    public void Say(string text)
    {
        lock (gate)
        {
            Clear();
            WriteMarkup($"[yellow]{Markup.Escape(text)}[/]");
        }
    }

    public void Report(DrillProgress value)
    {
        lock (gate)
        {
            if (value.Done)
            {
                Clear();
                lastPlain = TimeSpan.Zero;
                var mark = value.Succeeded ? "[green]✓[/]" : "[red]✗[/]";
                WriteMarkup($"{mark} {Head(value)}{Markup.Escape(value.Text)}");
            }
            else if (live)
            {
                var line = $"… {Head(value)}{value.Text}";
                var width = Math.Max(20, console.Profile.Width - 1);
                writer.Write(EraseLine + (line.Length > width ? line[..width] : line));
                writer.Flush();
            }
            else if (value.Elapsed - lastPlain >= PlainInterval)
            {
                lastPlain = value.Elapsed;
                writer.WriteLine($"… {Head(value)}{value.Text}");
            }
        }
    }

    public void Conclude(Drill drill, DrillOutcome outcome)
    {
        lock (gate)
        {
            Clear();
            var colour = outcome.ExitCode == 0 ? "green" : "red";
            writer.WriteLine();
            WriteMarkup($"[bold]{Markup.Escape(drill.Name)}[/]: [{colour} bold]{outcome.Status.ToString().ToLowerInvariant()}[/]");
            foreach (var figure in outcome.Figures)
            {
                WriteMarkup($"  {Markup.Escape(figure)}");
            }

            foreach (var missed in outcome.Missed)
            {
                WriteMarkup($"  [red]missed[/] {Markup.Escape(missed)}");
            }

            if (outcome.Missed.Count == 0 && outcome.Reason is { } reason)
            {
                WriteMarkup($"  [red]{Markup.Escape(reason)}[/]");
            }

            WriteMarkup($"  Report: {Markup.Escape(Short(Path.Combine(outcome.ReportFolder, "report.html")))}");
        }
    }

    private static string Head(DrillProgress value) =>
        string.Create(CultureInfo.InvariantCulture, $"{PhaseNames.Of(value.Phase),-13}{value.Elapsed.TotalSeconds,6:0.0} s  ");

    /// <summary>Relative while it lies below the current folder: short to read, and right to paste.</summary>
    private static string Short(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    private void Clear()
    {
        if (live)
        {
            writer.Write(EraseLine);
        }
    }

    /// <summary>Long lines stay whole when nobody's terminal is narrow: files and pipes are read by programs too.</summary>
    private void WriteMarkup(string markup)
    {
        if (live)
        {
            console.MarkupLine(markup);
        }
        else
        {
            writer.WriteLine(Markup.Remove(markup));
        }
    }
}
