namespace Back2Code.Lab.Drills;

/// <summary>Times the phases, tells their progress and files their outcomes in the record.</summary>
internal sealed class Phases(DrillRecord record, TimeProvider clock, IProgress<DrillProgress>? progress)
{
    private DrillPhase? _current;
    private DateTimeOffset _since;

    public void Begin(DrillPhase phase, string text)
    {
        _current = phase;
        _since = clock.GetUtcNow();
        Say(text);
    }

    public void Say(string text)
    {
        if (_current is { } phase)
        {
            progress?.Report(new DrillProgress(phase, clock.GetUtcNow() - _since, text));
        }
    }

    /// <summary>Ends the current phase; does nothing between phases.</summary>
    public void End(string outcome, bool succeeded = true)
    {
        if (_current is not { } phase)
        {
            return;
        }

        var now = clock.GetUtcNow();
        _current = null;
        record.Phases.Add(new PhaseRecord(phase, _since, now, outcome, succeeded));
        progress?.Report(new DrillProgress(phase, now - _since, outcome, Done: true, succeeded));
    }
}
