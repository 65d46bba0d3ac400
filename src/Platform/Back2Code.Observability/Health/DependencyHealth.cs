using Back2Code.Resilience;

namespace Back2Code.Observability;

/// <summary>The newest answer of one dependency. Thread-safe.</summary>
internal sealed class DependencyHealth(IDependencyProbe probe, ObservabilityOptions options, TimeProvider time)
{
    private const int MaxDetailChars = 200;

    private readonly Lock _gate = new();
    private Task? _running;
    private bool _up;
    private string _detail = "not asked yet";
    private long _answeredAt;

    public string Name => probe.Name;

    /// <summary>Up only while the last good answer is young: a prober that hangs must not show yesterday's answer.</summary>
    public (bool Up, string Detail) Current
    {
        get
        {
            lock (_gate)
            {
                var age = time.GetElapsedTime(_answeredAt);
                return _up && age > options.ProbeInterval + options.ProbeTimeout + TimeSpan.FromSeconds(1)
                    ? (false, $"last answer {age.TotalSeconds:0} s ago")
                    : (_up, _detail);
            }
        }
    }

    /// <summary>Asks once, within the time-out. Returns whether the answer differs from the one before. Throws only if cancelled.</summary>
    public async Task<bool> AskAsync(CancellationToken cancellationToken)
    {
        if (_running is { IsCompleted: false })
        {
            // The last question ignored its time-out. A second one beside it would only pile up.
            return Answer(false, $"the last check has not returned after {options.ProbeTimeout.TotalSeconds:0.###} s");
        }

        using var timeout = new CancellationTokenSource(options.ProbeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            _running = CheckAsync(either.Token);
            await _running.WaitAsync(either.Token).ConfigureAwait(false);
            return Answer(true, "");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Answer(false, $"no answer within {options.ProbeTimeout.TotalSeconds:0.###} s");
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return Answer(false, FirstLine(exception.Message));
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        // A client that blocks its thread must not block the other probes.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await probe.CheckAsync(cancellationToken).ConfigureAwait(false);
    }

    private bool Answer(bool isUp, string text)
    {
        lock (_gate)
        {
            var changed = _up != isUp || _answeredAt == 0;
            _up = isUp;
            _detail = text;
            // Zero means never; a clock that begins at zero is one tick late, which harms nobody.
            _answeredAt = Math.Max(1, time.GetTimestamp());
            return changed;
        }
    }

    private static string FirstLine(string message)
    {
        var end = message.AsSpan().IndexOfAny('\r', '\n');
        var line = end < 0 ? message : message[..end];
        return line.Length <= MaxDetailChars ? line : line[..MaxDetailChars];
    }
}
