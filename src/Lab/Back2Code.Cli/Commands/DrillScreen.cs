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

    private readonly Lock _gate = new();
    private readonly TextWriter _writer;
    private readonly IAnsiConsole _console;
    private readonly bool _live;
    private TimeSpan _lastPlain;
    private DrillPhase _phase;

    public DrillScreen(TextWriter writer, bool live)
    {
        this._writer = writer;
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer), Interactive = InteractionSupport.No });
        this._live = live && _console.Profile.Capabilities.Ansi;
    }

    public void Title(Drill drill)
    {
        lock (_gate)
        {
            WriteMarkup($"[bold]{Markup.Escape(drill.Name)}[/]: {Markup.Escape(drill.Experiment.Title)}");
        }
    }

    public void Say(string text)
    {
        lock (_gate)
        {
            Clear();
            WriteMarkup($"[yellow]{Markup.Escape(text)}[/]");
        }
    }

    /// <summary>Says what is still done, which depends on how far it has come.</summary>
    public void Interrupted()
    {
        DrillPhase phase;
        lock (_gate)
        {
            phase = _phase;
        }

        var still = phase switch
        {
            DrillPhase.Stop => "the report is written; stopping what the drill started",
            DrillPhase.Report => "writing the report",
            _ => "undoing, rolling back, writing the report",
        };
        Say($"interrupted: {still} (once more to leave at once)");
    }

    public void Report(DrillProgress value)
    {
        lock (_gate)
        {
            _phase = value.Phase;
            if (value.Done)
            {
                Clear();
                _lastPlain = TimeSpan.Zero;
                var mark = value.Succeeded ? "[green]✓[/]" : "[red]✗[/]";
                WriteMarkup($"{mark} {Head(value)}{Markup.Escape(value.Text)}");
            }
            else if (_live)
            {
                var line = $"… {Head(value)}{value.Text}";
                var width = Math.Max(20, _console.Profile.Width - 1);
                _writer.Write(EraseLine + (line.Length > width ? line[..width] : line));
                _writer.Flush();
            }
            else if (value.Elapsed - _lastPlain >= PlainInterval)
            {
                _lastPlain = value.Elapsed;
                _writer.WriteLine($"… {Head(value)}{value.Text}");
            }
        }
    }

    public void Conclude(Drill drill, DrillOutcome outcome)
    {
        lock (_gate)
        {
            Clear();
            var colour = outcome.ExitCode == 0 ? "green" : "red";
            _writer.WriteLine();
            WriteMarkup($"[bold]{Markup.Escape(drill.Name)}[/]: [{colour} bold]{outcome.Status.ToString().ToLowerInvariant()}[/]");
            foreach (var figure in outcome.Figures)
            {
                WriteMarkup($"  {Markup.Escape(figure)}");
            }

            foreach (var missed in outcome.Missed)
            {
                WriteMarkup($"  [red]missed[/] {Markup.Escape(missed)}");
            }

            // A reason that only repeats what was missed is on the screen already.
            if (outcome.Reason is { } reason && !reason.StartsWith("missed ", StringComparison.Ordinal))
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
        if (_live)
        {
            _writer.Write(EraseLine);
        }
    }

    /// <summary>Long lines stay whole when nobody's terminal is narrow: files and pipes are read by programs too.</summary>
    private void WriteMarkup(string markup)
    {
        if (_live)
        {
            _console.MarkupLine(markup);
        }
        else
        {
            _writer.WriteLine(Markup.Remove(markup));
        }
    }
}
