using Back2Code.Lab.Supervision.Probes;
using Back2Code.Lab.Supervision.Setup;
using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>Keeps one process of the topology running: start, probe, restart with backoff, hold, stop.</summary>
internal sealed partial class SupervisedProcess(
    ProcessSpec spec,
    LaunchPlan plan,
    ReadinessProbe? probe,
    IProcessSetup setup,
    ChildTools tools,
    int? port) : IDisposable
{
    /// <summary>Starts that end before the process was ever ready, after which the platform's start is given up.</summary>
    private const int MostFailedFirstStarts = 5;

    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly RestartBackoff _backoff = new(spec.Restart);
    private readonly TaskCompletionSource _firstReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopping = new();
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;
    private Child? _running;
    private ProcessState _state = ProcessState.Pending;
    private string? _detail;
    private int _starts;
    private DateTimeOffset _heldUntil;
    private DateTimeOffset _dueAt;
    private IReadOnlyDictionary<string, string?>? _override;
    private bool _replacing;

    public ProcessSpec Spec => spec;

    public LaunchPlan Plan => plan;

    /// <summary>Done when it has been ready once; faulted with a <see cref="LabException"/> when that will not happen.</summary>
    public Task FirstReady => _firstReady.Task;

    public ProcessSnapshot Snapshot
    {
        get
        {
            lock (_gate)
            {
                return new ProcessSnapshot(spec.Name, _state, _running?.Pid, _running?.StartTime, port, Math.Max(0, _starts - 1), _running?.StartedAt, _detail, _override is not null);
            }
        }
    }

    /// <summary>Begins to supervise. Call once.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (!_stopping.IsCancellationRequested)
            {
                _loop = RunAsync();
            }
        }
    }

    /// <summary>Until the lease ends, an exit is not followed by a restart.</summary>
    public void Hold(TimeSpan lease)
    {
        lock (_gate)
        {
            _heldUntil = tools.Time.GetUtcNow() + lease;
            Wake_NeedsLock();
        }
    }

    /// <summary>Ends the lease and every other reason to wait.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _heldUntil = default;
            _dueAt = default;
            _backoff.Forget();
            Wake_NeedsLock();
        }
    }

    /// <summary>
    /// Restarts it with these variables set, or removed where the value is null, and keeps it so until told otherwise; null: as the topology has it. Returns when
    /// the process that ran before is gone. Nothing happens where nothing would change.
    /// </summary>
    public async Task ReplaceAsync(IReadOnlyDictionary<string, string?>? environment, CancellationToken hurry)
    {
        Child? victim;
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested || (environment is null && _override is null))
            {
                return;
            }

            _override = environment;
            _replacing = _running is not null;
            _dueAt = default;
            _backoff.Forget();
            victim = _running;
            Wake_NeedsLock();
        }

        if (victim is not null)
        {
            await victim.EndAsync(spec.Stop, hurry);
        }
    }

    /// <summary>Ends it as its stop policy says and starts it again at once, whatever held it down; settings that were changed stay changed. Returns when the process that ran before is gone.</summary>
    public async Task RestartAsync(CancellationToken hurry)
    {
        Child? victim;
        lock (_gate)
        {
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            _heldUntil = default;
            _dueAt = default;
            _backoff.Forget();
            _replacing = _running is not null;
            victim = _running;
            Wake_NeedsLock();
        }

        if (victim is not null)
        {
            await victim.EndAsync(spec.Stop, hurry);
        }
    }

    /// <summary>Asks it to stop, waits as long as its stop policy says, then kills it and whatever it left behind.</summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        Child? victim;
        lock (_gate)
        {
            _stopping.Cancel();
            victim = _running;
            Wake_NeedsLock();
        }

        if (victim is not null)
        {
            await victim.EndAsync(spec.Stop, hurry);
        }

        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Become(ProcessState.Stopped);
        _firstReady.TrySetCanceled(CancellationToken.None);
    }

    public void Dispose() => _stopping.Dispose();

    private void Fail(string message)
    {
        lock (_gate)
        {
            _detail = message;
        }

        Become(ProcessState.Failed);
        _firstReady.TrySetException(new LabException(message));
    }

    private void Become(ProcessState next)
    {
        string text;
        lock (_gate)
        {
            if (_state == next)
            {
                return;
            }

            _state = next;
            text = next switch
            {
                ProcessState.Starting when _starts > 0 => $"restarting, {_detail}",
                ProcessState.Ready => _running is { } child ? $"ready (pid {child.Pid}) after {(tools.Time.GetUtcNow() - child.StartedAt).TotalSeconds:0.0} s" : "ready",
                ProcessState.Backoff => $"{_detail}; restarts in {Math.Max(0, (_dueAt - tools.Time.GetUtcNow()).TotalSeconds):0.0} s",
                ProcessState.Held => $"{_detail}; held down",
                ProcessState.Failed => _detail ?? "failed",
                _ => next.ToString().ToLowerInvariant(),
            };
        }

        tools.Report(new PlatformProgress(text, spec.Name, next));
    }

    private void Wake_NeedsLock() => _wake.TrySetResult();
}
