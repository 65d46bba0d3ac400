using System.Globalization;
using Back2Code.Lab.Campaigns;
using Spectre.Console;

namespace Back2Code.Cli.Commands;

/// <summary>Shows several runs of drills: one line each when it is over, and on a terminal a line that moves meanwhile.</summary>
internal sealed class CampaignScreen : IProgress<CampaignProgress>
{
    private const string EraseLine = "\r\u001b[2K";

    private readonly Lock _gate = new();
    private readonly TextWriter _writer;
    private readonly Sheet _sheet;
    private readonly bool _live;

    public CampaignScreen(TextWriter writer, bool live)
    {
        _writer = writer;
        _sheet = new Sheet(writer);
        _live = live;
    }

    public void Say(string text)
    {
        lock (_gate)
        {
            Clear();
            _writer.WriteLine(text);
        }
    }

    public void Report(CampaignProgress value)
    {
        var head = value.Number == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"[{value.Number}/{value.Count}] {value.Drill,-20} ");
        lock (_gate)
        {
            if (value.Done is { } run)
            {
                Clear();
                var row = Scorecard.Row(run);
                _writer.WriteLine($"{(run.ExitCode == 0 ? "✓" : "✗")} {head}{row[1]} · detected {row[2]} · recovered {row[3]} · failed {row[4]} · p99 {row[5]} · budget {row[6]} · {row[7]}");
                if (run.ExitCode > 1)
                {
                    _writer.WriteLine($"    {run.Reason}");
                }
            }
            else if (value.Skipped is not null)
            {
                Clear();
                _writer.WriteLine($"– {head}not played: {value.Text}");
            }
            else if (_live)
            {
                var line = $"… {head}{value.Text}";
                var width = Math.Max(20, Console.WindowWidth - 1);
                _writer.Write(EraseLine + (line.Length > width ? line[..width] : line));
                _writer.Flush();
            }
        }
    }

    public void Conclude(CampaignOutcome outcome, BaselineComparison? baseline)
    {
        var campaign = outcome.Campaign;
        lock (_gate)
        {
            Clear();
            _writer.WriteLine();
            _sheet.Table(["drill", "", "#detected", "#recovered", "#failed", "#p99", "#budget", "#took"], campaign.Runs.Select(Scorecard.Row));
            _sheet.Table(["alert rule", "#expected, told", "#allowed", "#wrong", "#missed", "#false", "#precision", "#recall"], campaign.Alerts.Where(a => a.Right + a.Wrong + a.Missed + a.False > 0).Select(Scorecard.Row));
            var silent = campaign.Alerts.Where(a => a.Right + a.Wrong + a.Missed + a.False == 0).Select(a => a.Rule).ToList();
            if (silent.Count > 0)
            {
                _writer.WriteLine($"  Neither expected nor fired: {string.Join(", ", silent)}");
            }

            _writer.WriteLine($"  MTTD {Scorecard.Text(campaign.Mttd)} · MTTR {Scorecard.Text(campaign.Mttr)}");
            foreach (var objective in campaign.Runs.SelectMany(r => r.Objectives.Where(o => !o.Met).Select(o => (Run: r, Objective: o))))
            {
                _writer.WriteLine(FormattableString.Invariant($"  missed {Scorecard.Name(objective.Run)}: {objective.Objective.Name} {objective.Objective.Measured?.ToString("0.####", CultureInfo.InvariantCulture) ?? "not measured"}, at most {objective.Objective.Target:0.####} {objective.Objective.Unit}{(objective.Objective.Detail is { } detail ? $" ({detail})" : "")}"));
            }

            foreach (var worse in baseline?.Regressions ?? [])
            {
                _writer.WriteLine($"  worse {worse.Text}");
            }

            foreach (var note in campaign.Notes.Concat(baseline?.Notes ?? []))
            {
                _writer.WriteLine($"  note: {note}");
            }

            _writer.WriteLine($"{Scorecard.Title(campaign)}. {Scorecard.Verdict(campaign, baseline)}");
            _writer.WriteLine($"Scorecard: {Sheet.Short(Path.Combine(outcome.Folder, "campaign.html"))}");
        }
    }

    private void Clear()
    {
        if (_live)
        {
            _writer.Write(EraseLine);
        }
    }
}
