using Back2Code.Lab.Drills;
using Back2Code.Lab.Traffic;

namespace Back2Code.Lab.GameDays;

/// <summary>What happened in one round, by the operator's acts, the users' journeys and the alerts. Pure.</summary>
internal sealed record RoundEvidence
{
    // A second in which users are hurt: a request failed, or one in twenty took longer than the latency SLO allows.
    private const double SlowMs = 500;

    // What was well for so long before the fault was taken back was mended by somebody.
    private static readonly TimeSpan WellFor = TimeSpan.FromSeconds(5);

    public required TimeSpan? Detected { get; init; }

    public required TimeSpan? Acknowledged { get; init; }

    /// <summary>The last diagnosis: the operator stands by it.</summary>
    public required OperatorAct? Diagnosis { get; init; }

    public required TimeSpan? Diagnosed { get; init; }

    /// <summary>From the injection until users were served again, or, where they noticed nothing, until the fault's alert was over; null when neither came before the end.</summary>
    public required TimeSpan? Mitigated { get; init; }

    public required int Hints { get; init; }

    public required int WrongDiagnoses { get; init; }

    /// <summary>Share of the 30-day error budget.</summary>
    public required double BudgetBurnt { get; init; }

    public static RoundEvidence Of(PlayedRound round, IReadOnlyList<OperatorAct> acts, IReadOnlyList<TrafficSecond> seconds, decimal objective)
    {
        var mine = acts.Where(a => a.At >= round.InjectedAt && a.At <= round.EndedAt).ToList();
        var diagnoses = mine.Where(a => a.Kind == OperatorActKind.Diagnose).ToList();
        var diagnosis = diagnoses.LastOrDefault();
        var span = seconds.Where(s => s.At >= Floor(round.InjectedAt) && s.At < round.EndedAt).ToList();
        return new RoundEvidence
        {
            Detected = Since(mine.FirstOrDefault(a => a.Kind is OperatorActKind.Acknowledge or OperatorActKind.Diagnose or OperatorActKind.Mitigate)?.At),
            Acknowledged = Since(mine.FirstOrDefault(a => a.Kind == OperatorActKind.Acknowledge)?.At),
            Diagnosis = diagnosis,
            Diagnosed = Since(diagnosis?.At),
            Mitigated = Since(MitigatedAt(round, span)),
            Hints = mine.Count(a => a.Kind == OperatorActKind.Hint),
            WrongDiagnoses = diagnoses.Count(d => d != diagnosis && !round.Drill.GameDay!.IsRightComponent(d.Component)),
            BudgetBurnt = ErrorBudget.Of(objective, span.Sum(s => s.Sent), span.Sum(s => s.Failed), round.EndedAt - round.InjectedAt).BurntRatio,
        };

        TimeSpan? Since(DateTimeOffset? at) => at - round.InjectedAt;
    }

    private static DateTimeOffset? MitigatedAt(PlayedRound round, List<TrafficSecond> span)
    {
        // A round in which nobody was hurt was over for its users before it began.
        var users = span.FindLast(s => s.Failed > 0 || s.P95Ms > SlowMs)?.At.AddSeconds(1) ?? round.InjectedAt;
        if (users > round.EndedAt - WellFor)
        {
            return null;
        }

        if (round.Drill.UsersNotice)
        {
            return users;
        }

        if (round.Alerts is null)
        {
            return null;
        }

        var alerts = round.Alerts.Where(a => a.Name == round.Drill.ExpectedAlert).ToList();
        if (alerts.Count == 0)
        {
            return users;
        }

        // A fault behind which the platform shields its users is over when its alert is.
        var alert = alerts.TrueForAll(a => a.ResolvedAt is not null) ? alerts.Max(a => a.ResolvedAt) : null;
        return alert > round.EndedAt || alert is null ? null : alert > users ? alert : users;
    }

    private static DateTimeOffset Floor(DateTimeOffset time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerSecond), time.Offset);
}
