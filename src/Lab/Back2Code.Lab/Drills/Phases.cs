namespace Back2Code.Lab.Drills;

/// <summary>Times the phases, tells their progress and files their outcomes in the record.</summary>
internal sealed class Phases(DrillRecord record, TimeProvider clock, IProgress<DrillProgress>? progress)
{
    private DrillPhase? current;
    private DateTimeOffset since;

    public void Begin(DrillPhase phase, string text)
    {
        current = phase;
        since = clock.GetUtcNow();
        Say(text);
    }

    public void Say(string text)
    {
        if (current is { } phase)
        {
            progress?.Report(new DrillProgress(phase, clock.GetUtcNow() - since, text));
        }
    }

    /// <summary>Ends the current phase; does nothing between phases.</summary>
    public void End(string outcome, bool succeeded = true)
    {
        if (current is not { } phase)
        {
            return;
        }

        var now = clock.GetUtcNow();
        current = null;
        record.Phases.Add(new PhaseRecord(phase, since, now, outcome, succeeded));
        progress?.Report(new DrillProgress(phase, now - since, outcome, Done: true, succeeded));
    }
}
