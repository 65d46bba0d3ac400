namespace Back2Code.UnitTests.Drills;

/// <summary>
/// A clock for code whose only waits are timers: time stands still while code runs and jumps to the next timer when asked. Continuations run inside
/// the jump, so a whole drill plays in milliseconds and always in the same order.
/// </summary>
internal sealed class SimulatedTime : TimeProvider
{
    private readonly PriorityQueue<SimulatedTimer, (DateTimeOffset, long)> timers = new();
    private long sequence;
    private DateTimeOffset now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => now;

    public override long GetTimestamp() => now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Plays time until the task is done; <paramref name="each"/> sees every jump.</summary>
    public async Task PlayAsync(Task task, Action? each = null)
    {
        while (!task.IsCompleted)
        {
            Assert.True(timers.TryDequeue(out var timer, out var due), "the task waits for something that is not a timer");
            if (timer.IsDue(due.Item1))
            {
                now = due.Item1 > now ? due.Item1 : now;
                timer.Fire();
                each?.Invoke();
            }
        }

        await task;
    }

    private sealed class SimulatedTimer(SimulatedTime owner, TimerCallback callback, object? state) : ITimer
    {
        private DateTimeOffset? due;

        public bool IsDue(DateTimeOffset at) => due == at;

        public void Fire()
        {
            due = null;
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            due = dueTime == Timeout.InfiniteTimeSpan ? null : owner.now + dueTime;
            if (due is { } at)
            {
                owner.timers.Enqueue(this, (at, owner.sequence++));
            }

            return true;
        }

        public void Dispose() => due = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
