using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Lab.GameDays;

/// <summary>Points of a game day. Behaviour decides (what users saw, what the ledger says, what the operator said and when), not by which means it was mended. Pure.</summary>
public sealed record GameDayScore(IReadOnlyList<RoundScore> Rounds, IReadOnlyList<ScoreLine> Deductions)
{
    /// <summary>0 to 100: the mean of the rounds, less what is deducted for the whole day.</summary>
    public int Points => Math.Clamp((int)Math.Round(Rounds.Count == 0 ? 0 : Rounds.Average(r => r.Points)) + Deductions.Sum(d => d.Points), 0, 100);

    internal static GameDayScore Of(GameDayRecord record)
    {
        var rounds = record.Rounds.ConvertAll(round => RoundScore.Of(round, RoundEvidence.Of(round, record.Acts, record.Seconds, record.AvailabilityObjective)));
        return new GameDayScore(rounds, [.. Deduct(record)]);
    }

    private static IEnumerable<ScoreLine> Deduct(GameDayRecord record)
    {
        var idle = record.Acts.Count(a => a.Kind is OperatorActKind.Acknowledge or OperatorActKind.Diagnose or OperatorActKind.Mitigate
            && !record.Rounds.Exists(r => a.At >= r.InjectedAt && a.At <= r.EndedAt));
        if (idle > 0)
        {
            yield return new ScoreLine("false alarms", -3 * idle, 0, FormattableString.Invariant($"{idle} acts while nothing was broken"));
        }

        foreach (var left in record.Collateral.Concat(NeedlessControls.Of(record)))
        {
            yield return new ScoreLine("collateral damage", -5, 0, left);
        }

        if (record.Ledger is { Broken: true } ledger)
        {
            yield return new ScoreLine("ledger", -20, 0, ledger.Describe());
        }
    }
}

/// <summary>One round: at most 100 points.</summary>
public sealed record RoundScore(string Drill, IReadOnlyList<ScoreLine> Lines)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public int Points => Math.Clamp(Lines.Sum(l => l.Points), 0, 100);

    internal static RoundScore Of(PlayedRound round, RoundEvidence evidence)
    {
        var scenario = round.Drill.GameDay!;
        var component = scenario.IsRightComponent(evidence.Diagnosis?.Component);
        var cause = scenario.IsRightCause(evidence.Diagnosis?.Cause);
        var said = evidence.Diagnosis is { } d ? $"{d.Component}: {d.Cause}" : "no diagnosis";
        List<ScoreLine> lines =
        [
            Timed("detect", 15, evidence.Detected, Minute, 5 * Minute),
            Timed("acknowledge", 10, evidence.Acknowledged, Minute, 5 * Minute),
            new("right component", component ? 15 : 0, 15, $"{said}; it was {scenario.Component}"),
            new("right cause", component && cause ? 15 : 0, 15, $"{said}; it was {scenario.Causes[0]}"),

            // How fast a wrong diagnosis comes counts for nothing.
            Timed("diagnose", 15, component ? evidence.Diagnosed : null, 3 * Minute, 10 * Minute),
            Timed("mitigate", 20, evidence.Mitigated, 3 * Minute, 10 * Minute),
            Budget(evidence.BudgetBurnt),
        ];
        if (evidence.Hints > 0)
        {
            lines.Add(new ScoreLine("hints", -5 * evidence.Hints, 0, FormattableString.Invariant($"{evidence.Hints} taken")));
        }

        if (evidence.WrongDiagnoses > 0)
        {
            lines.Add(new ScoreLine("wrong diagnoses", -3 * evidence.WrongDiagnoses, 0, FormattableString.Invariant($"{evidence.WrongDiagnoses} taken back")));
        }

        return new RoundScore(round.Drill.Name, lines);
    }

    /// <summary>All points up to <paramref name="full"/>, none from <paramref name="none"/> on, a straight line between.</summary>
    private static ScoreLine Timed(string name, int most, TimeSpan? taken, TimeSpan full, TimeSpan none)
    {
        var share = taken is { } time ? Math.Clamp((none - time) / (none - full), 0, 1) : 0;
        return new ScoreLine(name, (int)Math.Round(most * share), most, taken is { } t ? FormattableString.Invariant($"{t.TotalSeconds:0.0} s") : "never");
    }

    /// <summary>All points up to 1.4 % of the 30-day budget, none from 4.6 % on: what three and ten minutes of total outage burn at 99.5 %, the bounds of "mitigate".</summary>
    private static ScoreLine Budget(double burnt) =>
        new("budget", (int)Math.Round(10 * Math.Clamp((0.046 - burnt) / (0.046 - 0.014), 0, 1)), 10, FormattableString.Invariant($"{burnt * 100:0.###} % of 30 days"));
}

/// <summary>Points for one thing.</summary>
/// <param name="Points">May be negative.</param>
/// <param name="Most">What could have been had; 0 for a deduction.</param>
public sealed record ScoreLine(string Name, int Points, int Most, string Why);
