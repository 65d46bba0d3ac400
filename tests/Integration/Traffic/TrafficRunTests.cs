using System.Net;
using System.Net.Sockets;
using Back2Code.Lab.Traffic;

namespace Back2Code.IntegrationTests.Traffic;

/// <summary>The generator keeps its schedule and tells the truth about what it saw.</summary>
public sealed class TrafficRunTests : IAsyncLifetime
{
    private readonly string _ledger = Path.Combine(Path.GetTempPath(), $"b2c-ledger-{Guid.NewGuid():N}.jsonl");
    private readonly List<TrafficSecond> _seconds = [];
    private StandIn _platform = null!;

    public async ValueTask InitializeAsync() => _platform = await StandIn.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _platform.DisposeAsync();
        File.Delete(_ledger);
    }

    [Fact]
    public async Task Requests_leave_on_schedule_while_nothing_answers()
    {
        // The platform swallows everything from the moment the notes are there.
        var summary = await RunAsync(o => o with { Rate = 200, Arrivals = ArrivalPattern.Constant, Timeout = TimeSpan.FromSeconds(1) }, onReady: () => _platform.BlackHole = true);

        Assert.Equal(400, summary.Total);
        Assert.Equal(400, summary.Failed);
        Assert.Equal(new Dictionary<string, long> { ["timeout"] = 400 }, summary.Statuses);
        Assert.InRange(summary.LatencyMs.P50!.Value, 990, 1500);
        Assert.Null(summary.RecoveredAt);
        Assert.Contains(_seconds, s => s.InFlight > 100);
    }

    [Fact]
    public async Task Beyond_its_bound_the_generator_sheds_and_says_so()
    {
        var summary = await RunAsync(
            o => o with { Rate = 200, Arrivals = ArrivalPattern.Constant, Timeout = TimeSpan.FromSeconds(1), MaxInFlight = 50 }, onReady: () => _platform.BlackHole = true);

        Assert.Equal(400, summary.Total);
        Assert.Equal(400, summary.Failed);
        Assert.True(summary.ShedByGenerator > 200, $"{summary.ShedByGenerator} were shed");
        Assert.Equal(summary.ShedByGenerator, summary.Statuses[OutcomeNames.Shed]);
    }

    [Fact]
    public async Task Seconds_add_up_to_the_summary_and_none_is_missing()
    {
        var summary = await RunAsync(o => o with { WarmUp = TimeSpan.FromSeconds(1) });

        Assert.Equal(summary.Total + summary.WarmUp.Total, _seconds.Sum(s => s.Sent));
        Assert.Equal(summary.Failed + summary.WarmUp.Failed, _seconds.Sum(s => s.Failed));
        Assert.All(_seconds, s => Assert.Equal(s.Sent, s.Statuses.Values.Sum()));
        Assert.All(_seconds.Zip(_seconds.Skip(1)), pair => Assert.Equal(TimeSpan.FromSeconds(1), pair.Second.At - pair.First.At));
        Assert.Equal("warmup", _seconds[0].Phase);
        Assert.Equal("measure", _seconds[^1].Phase);
        Assert.Equal(summary.Total, summary.ByJourney.Values.Sum(j => j.Total));
        Assert.Equal(["reads", "lists", "creates", "replaces", "deletes"], summary.ByJourney.Keys);
    }

    [Fact]
    public async Task Failures_belong_to_the_second_that_suffered_not_to_the_one_that_noticed()
    {
        // Each time-out is noticed 1.5 s after its request left, when others have long succeeded again.
        DateTimeOffset over = default;
        var summary = await RunAsync(
            o => o with { Rate = 100, Duration = TimeSpan.FromSeconds(4), Timeout = TimeSpan.FromSeconds(1.5) },
            onReady: () => _platform.BlackHole = true,
            afterReady: TimeSpan.FromSeconds(1.2),
            then: () =>
            {
                _platform.BlackHole = false;
                over = TimeProvider.System.GetUtcNow();
            });

        Assert.True(summary.Failed > 50);
        Assert.True(summary.LastFailureAt <= over, $"last failure {summary.LastFailureAt - over} after the black hole");
        Assert.InRange(summary.RecoveredAt!.Value, summary.LastFailureAt!.Value, over + TimeSpan.FromSeconds(1.5));
        Assert.All(_seconds.Where(s => s.At > over), s => Assert.Equal(0, s.Failed));
        Assert.Contains(_seconds, s => s.Failed > 0);
    }

    [Fact]
    public async Task While_writes_fail_and_reads_work_the_service_has_not_recovered()
    {
        var summary = await RunAsync(o => o with { Mix = TrafficMix.Parse("reads=5,creates=5") }, onReady: () => _platform.WritesDown = true);

        Assert.Equal(0, summary.ByJourney["reads"].Failed);
        Assert.Equal(summary.ByJourney["creates"].Total, summary.ByJourney["creates"].Failed);
        Assert.NotNull(summary.LastFailureAt);
        Assert.Null(summary.RecoveredAt);
    }

    [Fact]
    public async Task Connection_refused_is_a_failure_not_an_error()
    {
        var summary = await RunAsync(o => o, onReady: () => _ = _platform.DisposeAsync().AsTask());

        Assert.True(summary.Statuses[OutcomeNames.Connection] > 100, string.Join(' ', summary.Statuses));
    }

    [Fact]
    public async Task Stale_reads_are_told_apart_by_whether_the_answer_says_so()
    {
        _platform.DeclareStale = true;
        var said = await RunAsync(o => o with { Mix = TrafficMix.Parse("reads=1,replaces=1") }, onReady: () => _platform.ServeOldVersions = true);
        _platform.ServeOldVersions = _platform.DeclareStale = false;
        var unsaid = await RunAsync(o => o with { Mix = TrafficMix.Parse("reads=1,replaces=1") }, onReady: () => _platform.ServeOldVersions = true);

        Assert.True(said.StaleReads > 10);
        Assert.Equal(0, said.UndeclaredStaleReads);
        Assert.True(unsaid.UndeclaredStaleReads > 10);
        Assert.Equal((0, 0), (said.Failed, unsaid.Failed));
    }

    [Fact]
    public async Task A_note_has_one_outstanding_write_at_a_time()
    {
        var summary = await RunAsync(o => o with { Rate = 500, Mix = TrafficMix.Parse("replaces=1"), NotesPerUser = 1 });

        Assert.False(_platform.OverlappingWrites);
        Assert.Equal(0, summary.Failed);
    }

    [Fact]
    public async Task Stopping_early_ends_what_is_in_flight_and_sums_up()
    {
        using var stop = new CancellationTokenSource();
        var summary = await RunAsync(o => o with { Duration = TimeSpan.FromMinutes(10) }, onSecond: s => { if (_seconds.Count == 2) { stop.Cancel(); } }, stop: stop);

        Assert.True(summary.Total > 0);
        Assert.Equal(0, summary.Failed);
        Assert.True(summary.EndedAt - summary.StartedAt < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Every_request_carries_a_trace_context_of_its_own()
    {
        var summary = await RunAsync(o => o);

        string[] contexts = [.. _platform.TraceParents.Where(t => t.Length > 0)];
        Assert.Equal(summary.Total, contexts.Length);
        Assert.Equal(contexts.Length, contexts.Distinct().Count());
        Assert.All(contexts, c => Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-01$", c));
    }

    [Fact]
    public async Task A_wrong_token_is_told_before_anything_is_measured()
    {
        var error = await Assert.ThrowsAsync<TrafficException>(() => RunAsync(o => o with { Tokens = new Dictionary<string, string> { ["eve"] = "forged" } }));

        Assert.Contains("401", error.Message, StringComparison.Ordinal);
        Assert.Contains("eve", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_platform_that_is_not_there_is_told_at_the_deadline_of_the_preload()
    {
        var nobody = new TcpListener(IPAddress.Loopback, 0);
        nobody.Start();
        var address = new Uri($"http://127.0.0.1:{((IPEndPoint)nobody.LocalEndpoint).Port}");
        nobody.Stop();

        var error = await Assert.ThrowsAsync<TrafficException>(() => RunAsync(o => o with { Target = address, PreloadDeadline = TimeSpan.FromSeconds(1) }));

        Assert.Contains("connection", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_on_a_full_disk_ends_the_run_with_the_reason()
    {
        // /dev/full takes nothing and says ENOSPC, as a full disk does.
        var error = await Assert.ThrowsAsync<TrafficException>(() => RunAsync(o => o with { LedgerPath = "/dev/full", Duration = TimeSpan.FromMinutes(5) }));

        Assert.Contains("No space left", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_in_a_place_that_cannot_be_written_is_named()
    {
        var error = await Assert.ThrowsAsync<TrafficException>(() => RunAsync(o => o with { LedgerPath = "/proc/nowhere/ledger.jsonl" }));

        Assert.Contains("/proc/nowhere/ledger.jsonl", error.Message, StringComparison.Ordinal);
    }

    private async Task<TrafficSummary> RunAsync(
        Func<TrafficOptions, TrafficOptions> change,
        Action? onReady = null,
        Action<TrafficSecond>? onSecond = null,
        TimeSpan afterReady = default,
        Action? then = null,
        CancellationTokenSource? stop = null)
    {
        var options = change(new TrafficOptions
        {
            Target = _platform.Address,
            Tokens = _platform.Tokens,
            LedgerPath = _ledger,
            Rate = 150,
            WarmUp = TimeSpan.Zero,
            Duration = TimeSpan.FromSeconds(2),
            Mix = TrafficMix.Parse("reads=50,lists=10,creates=20,replaces=20,deletes=5"),
            Timeout = TimeSpan.FromSeconds(2),
        });
        using var later = then is null ? null : TimeProvider.System.CreateTimer(_ => then(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var run = new TrafficRun(options, TimeProvider.System)
        {
            OnReady = _ =>
            {
                onReady?.Invoke();
                later?.Change(afterReady, Timeout.InfiniteTimeSpan);
            },
            OnSecond = s =>
            {
                _seconds.Add(s);
                onSecond?.Invoke(s);
            },
        };
        return await run.RunAsync(stop?.Token ?? TestContext.Current.CancellationToken);
    }
}
