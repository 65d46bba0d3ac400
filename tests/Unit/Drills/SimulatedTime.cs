namespace Back2Code.UnitTests.Drills;

/// <summary>
/// A clock for code whose only waits are timers: time stands still while code runs and jumps to the next timer when asked. Continuations run inside
/// the jump, so a whole drill plays in milliseconds.
/// </summary>
internal sealed class SimulatedTime : TimeProvider
{
    private readonly PriorityQueue<SimulatedTimer, (DateTimeOffset, long)> _timers = new();
    private readonly Lock _gate = new();
    private long _sequence;
    private DateTimeOffset _now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Plays time until the task is done.</summary>
    public async Task PlayAsync(Task task)
    {
        var started = _now;
        while (!task.IsCompleted)
        {
            await SettleAsync(task);
            if (task.IsCompleted)
            {
                break;
            }

            Assert.True(_now < started + TimeSpan.FromHours(1), "the task did not end within an hour of simulated time");
            var timer = Take() ?? throw new InvalidOperationException("the task waits for something that is not a timer");
            timer.Fire();
        }

        await task;
    }

    /// <summary>
    /// Cancelled delays go on in the thread pool. Before a long jump, or when there is no timer at all, they get real time to do so; a short jump in
    /// between does no harm.
    /// </summary>
    private async Task SettleAsync(Task task)
    {
        await Task.Run(static () => { });
        for (var patience = 0; patience < 200 && !task.IsCompleted && !IsNextNear(); patience++)
        {
            await task.WaitAsync(TimeSpan.FromMilliseconds(patience < 10 ? 1 : 10)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (patience >= 10 && HasTimer())
            {
                return;
            }
        }
    }

    private bool HasTimer()
    {
        lock (_gate)
        {
            return _timers.Count > 0;
        }
    }

    private bool IsNextNear()
    {
        lock (_gate)
        {
            while (_timers.TryPeek(out var timer, out var due))
            {
                if (timer.IsDue(due.Item1))
                {
                    return due.Item1 - _now < TimeSpan.FromSeconds(2);
                }

                _timers.Dequeue();
            }

            return false;
        }
    }

    private SimulatedTimer? Take()
    {
        lock (_gate)
        {
            while (_timers.TryDequeue(out var timer, out var due))
            {
                if (timer.IsDue(due.Item1))
                {
                    _now = due.Item1 > _now ? due.Item1 : _now;
                    return timer;
                }
            }

            return null;
        }
    }

    private sealed class SimulatedTimer(SimulatedTime owner, TimerCallback callback, object? state) : ITimer
    {
        private DateTimeOffset? _due;

        public bool IsDue(DateTimeOffset at) => _due == at;

        public void Fire()
        {
            _due = null;
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                _due = dueTime == Timeout.InfiniteTimeSpan ? null : owner._now + dueTime;
                if (_due is { } at)
                {
                    owner._timers.Enqueue(this, (at, owner._sequence++));
                }
            }

            return true;
        }

        public void Dispose() => _due = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
