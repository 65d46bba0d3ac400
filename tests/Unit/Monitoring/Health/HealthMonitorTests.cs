using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Back2Code.Messaging;
using Back2Code.Monitoring;
using Back2Code.Monitoring.Health;
using Back2Code.UnitTests.Notes;
using Back2Code.UnitTests.Resilience;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Monitoring.Health;

public sealed class HealthMonitorTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ManualTime _time = new();
    private readonly HealthBoard _board;

    public HealthMonitorTests() => _board = new HealthBoard(_time);

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task A_check_that_hangs_is_unknown_after_its_time_and_delays_no_other()
    {
        var hanging = new Check("hanging", _ => new TaskCompletionSource<IReadOnlyList<Finding>>().Task);
        var quick = new Check("quick", _ => Found(HealthState.Ok));
        using var monitor = MonitorOf(TimeProvider.System, TimeSpan.FromSeconds(2), hanging, quick);

        var round = monitor.RunOnceAsync(TestContext.Current.CancellationToken);
        SpinWait.SpinUntil(() => _board.All.Count > 0, TimeSpan.FromSeconds(10));
        var early = _board.All;
        await round;

        Assert.Equal(("quick", HealthState.Ok), (early[0].Check, early[0].State));
        Assert.Equal([("hanging", HealthState.Unknown, "no answer within 2 s"), ("quick", HealthState.Ok, "found")], _board.All.Select(s => (s.Check, s.State, s.Finding.Summary)));
    }

    [Fact]
    public async Task A_check_that_ignores_its_time_out_is_not_started_a_second_time_beside_itself()
    {
        int started = 0;
        var end = new TaskCompletionSource<IReadOnlyList<Finding>>();
        var hanging = new Check("hanging", _ =>
        {
            Interlocked.Increment(ref started);
            return end.Task;
        });
        using var monitor = MonitorOf(TimeProvider.System, TimeSpan.FromMilliseconds(50), hanging);

        await monitor.RunOnceAsync(TestContext.Current.CancellationToken);
        await monitor.RunOnceAsync(TestContext.Current.CancellationToken);
        await monitor.RunOnceAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, started);
        Assert.Equal("the last look has not ended after 50 ms", _board.All[0].Finding.Summary);
        end.SetResult([]);
    }

    [Fact]
    public async Task A_check_that_blocks_its_thread_delays_no_other()
    {
        using var gate = new ManualResetEventSlim();
        var blocking = new Check("blocking", _ =>
        {
            // The token is ignored on purpose.
            gate.Wait(TimeSpan.FromSeconds(20), CancellationToken.None);
            return Found(HealthState.Ok);
        });
        using var monitor = MonitorOf(TimeProvider.System, TimeSpan.FromSeconds(2), blocking, new Check("quick", _ => Found(HealthState.Ok)));

        long start = Stopwatch.GetTimestamp();
        await monitor.RunOnceAsync(TestContext.Current.CancellationToken);
        gate.Set();

        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.Equal([HealthState.Unknown, HealthState.Ok], _board.All.Select(s => s.State));
    }

    [Fact]
    public async Task A_check_that_fails_is_unknown_and_says_nothing_that_a_library_said()
    {
        var failing = new Check("failing", _ => throw new InvalidOperationException("password=secret at 10.0.0.7"));
        var refused = new Check("refused", _ => throw new CheckFailedException("Redis cannot be reached"));
        using var monitor = MonitorOf(_time, TimeSpan.FromSeconds(3), failing, refused);

        await monitor.RunOnceAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["the check failed (InvalidOperationException)", "Redis cannot be reached"], _board.All.Select(s => s.Finding.Summary));
        Assert.All(_board.All, s => Assert.Equal(HealthState.Unknown, s.State));
    }

    [Fact]
    public async Task What_was_known_of_each_target_is_unknown_when_the_check_fails()
    {
        bool fails = false;
        var check = new Check("queue", _ => fails
            ? throw new CheckFailedException("RabbitMQ cannot be asked")
            : Task.FromResult<IReadOnlyList<Finding>>([new("a", HealthState.Ok, "", []), new("b", HealthState.Warning, "", [])]));
        using var monitor = MonitorOf(_time, TimeSpan.FromSeconds(3), check);

        await monitor.RunOnceAsync(TestContext.Current.CancellationToken);
        fails = true;
        await monitor.RunOnceAsync(TestContext.Current.CancellationToken);

        Assert.Equal([("a", HealthState.Unknown), ("b", HealthState.Unknown)], _board.All.Select(s => (s.Finding.Target, s.State)));
    }

    [Fact]
    public void A_state_has_a_beginning_that_only_another_state_moves()
    {
        var check = new Check("disk", _ => Found(HealthState.Ok));
        var began = _time.GetUtcNow();

        _board.Publish(check, [new("", HealthState.Warning, "85 %", [])], TimeSpan.Zero);
        _time.Advance(TimeSpan.FromMinutes(5));
        _board.Publish(check, [new("", HealthState.Warning, "86 %", [])], TimeSpan.Zero);
        var same = _board.All[0];
        _time.Advance(TimeSpan.FromMinutes(5));
        var changes = _board.Publish(check, [new("", HealthState.Ok, "40 %", [])], TimeSpan.Zero);

        Assert.Equal((began, "86 %"), (same.Since, same.Finding.Summary));
        var change = Assert.Single(changes);
        Assert.Equal((HealthState.Warning, HealthState.Ok, began + TimeSpan.FromMinutes(10)), (change.From, change.Status.State, change.Status.Since));
    }

    [Fact]
    public void A_target_that_is_gone_while_it_was_bad_is_told_and_one_that_was_well_is_not()
    {
        var check = new Check("queue", _ => Found(HealthState.Ok));
        _board.Publish(check, [new("deep", HealthState.Critical, "", []), new("empty", HealthState.Ok, "", [])], TimeSpan.Zero);

        var changes = _board.Publish(check, [], TimeSpan.Zero);

        var change = Assert.Single(changes);
        Assert.Equal(("deep", HealthState.NotApplicable, HealthState.Critical), (change.Status.Finding.Target, change.Status.State, change.From!.Value));
        Assert.Empty(_board.All);
    }

    [Fact]
    public void Of_a_thousand_targets_the_worst_fifty_are_kept()
    {
        var check = new Check("queue", _ => Found(HealthState.Ok));

        _board.Publish(check, [.. Enumerable.Range(0, 1000).Select(n => new Finding($"q{n:000}", n % 100 == 7 ? HealthState.Critical : HealthState.Ok, "", []))], TimeSpan.Zero);

        Assert.Equal(HealthBoard.MaximumTargets, _board.All.Count);
        Assert.Equal(10, _board.All.Count(s => s.State == HealthState.Critical));
    }

    [Theory]
    [InlineData(HealthState.Critical, HealthState.Unknown, HealthState.Critical)]
    [InlineData(HealthState.Unknown, HealthState.Warning, HealthState.Unknown)]
    [InlineData(HealthState.Warning, HealthState.Ok, HealthState.Warning)]
    [InlineData(HealthState.Ok, HealthState.NotApplicable, HealthState.Ok)]
    [InlineData(HealthState.NotApplicable, HealthState.NotApplicable, HealthState.NotApplicable)]
    public void The_worst_decides_and_what_is_not_known_is_not_well(HealthState one, HealthState other, HealthState worst)
    {
        Assert.Equal(worst, HealthStates.Worst([one, other]));
        Assert.Equal(worst, HealthStates.Worst([other, one]));
    }

    [Fact]
    public async Task The_metric_has_a_series_for_each_target_and_none_for_what_is_not_applicable()
    {
        using var monitor = MonitorOf(
            _time,
            TimeSpan.FromSeconds(3),
            new Check("disk", _ => Found(HealthState.Warning)),
            new Check("certificate", _ => Found(HealthState.NotApplicable)),
            new Check("queue", _ => Task.FromResult<IReadOnlyList<Finding>>([new("a", HealthState.Unknown, "", [])])));
        var seen = new List<(int Value, string Check, string Target)>();
        using var listener = new MeterListener { InstrumentPublished = (i, l) => { if (i.Name == "back2code.health.check.status" && ReferenceEquals(i.Meter.Scope, _services.GetRequiredService<IMeterFactory>())) { l.EnableMeasurementEvents(i); } } };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => seen.Add((value, (string)tags[0].Value!, (string)tags[1].Value!)));
        listener.Start();

        await monitor.RunOnceAsync(TestContext.Current.CancellationToken);
        listener.RecordObservableInstruments();

        Assert.Equal([(1, "disk", ""), (3, "queue", "a")], seen);
    }

    [Theory]
    [InlineData(HealthState.Warning, null, "")]
    [InlineData(HealthState.Ok, HealthState.Critical, "notes-1")]
    [InlineData(HealthState.NotApplicable, HealthState.Unknown, "a queue/with \"all\" kinds")]
    public void A_change_becomes_the_event_that_is_promised(HealthState to, HealthState? from, string target)
    {
        var status = new CheckStatus { Check = "process", Title = "Processes", Finding = new(target, to, "what was found", []), Since = _time.GetUtcNow(), CheckedAt = _time.GetUtcNow(), Duration = TimeSpan.Zero };

        CloudEvent cloudEvent = HealthEvents.EventOf(new HealthChange(status, from));

        Assert.Empty(JsonSchema.Load("docs/events/health.changed.json").Violations(JsonSerializer.SerializeToNode(cloudEvent, JsonSerializerOptions.Web)));
        Assert.Equal(target.Length == 0 ? "process" : "process/" + target, cloudEvent.Subject);
    }

    private static Task<IReadOnlyList<Finding>> Found(HealthState state) => Task.FromResult<IReadOnlyList<Finding>>([new("", state, "found", [])]);

    private HealthMonitor MonitorOf(TimeProvider time, TimeSpan timeout, params IPlatformCheck[] checks) => new(
        checks,
        _board,
        new HealthEvents(null!, null!, new EventTarget(HasBroker: false), time, NullLogger<HealthEvents>.Instance),
        Options.Create(new MonitoringOptions()),
        Options.Create(new HealthOptions { CheckTimeout = timeout }),
        time,
        _services.GetRequiredService<IMeterFactory>(),
        NullLogger<HealthMonitor>.Instance);

    private sealed class Check(string name, Func<CancellationToken, Task<IReadOnlyList<Finding>>> look) : IPlatformCheck
    {
        public string Name => name;

        public string Title => name;

        public Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken) => look(cancellationToken);
    }
}
