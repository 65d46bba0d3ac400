using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>How long to wait before the next start.</summary>
internal sealed class RestartBackoff(RestartSpec spec)
{
    private int _failures;

    /// <summary>The delay after an exit: doubled each time up to the cap, back at the beginning after a long enough life.</summary>
    public TimeSpan AfterExit(TimeSpan uptime)
    {
        if (uptime >= spec.Reset)
        {
            _failures = 0;
        }

        // 2^20 times any sensible beginning is past any cap; it bounds the shift.
        var delay = spec.Initial * (1L << Math.Min(_failures, 20));
        _failures++;
        return delay < spec.Cap ? delay : spec.Cap;
    }

    /// <summary>Somebody asked for the process: the next failure is a first one again.</summary>
    public void Forget() => _failures = 0;
}
