using System.Text.Json.Nodes;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.UnitTests.Drills;

/// <summary>A platform that behaves as a script says: what a fault breaks, when the alert comes and goes, what the ledger shows.</summary>
internal sealed class FakePlatform(TimeProvider clock) : IDrillPlatform
{
    public List<string> Calls { get; } = [];

    public DateTimeOffset? InjectedAt { get; private set; }

    public DateTimeOffset? UndoneAt { get; private set; }

    public FakeTraffic? Traffic { get; private set; }

    public bool Observed { get; set; } = true;

    public string? InjectionError { get; set; }

    public int UndoFailures { get; set; }

    public IReadOnlyList<string> Unready { get; set; } = [];

    public IReadOnlyList<string> FiringBefore { get; set; } = [];

    public string Alert { get; set; } = "NotesAvailabilityFastBurn";

    public TimeSpan? FiresAfter { get; set; } = TimeSpan.FromSeconds(2);

    public TimeSpan NotificationTakes { get; set; } = TimeSpan.FromMilliseconds(300);

    public TimeSpan? ResolvesAfterUndo { get; set; } = TimeSpan.FromSeconds(3);

    public TimeSpan FailuresLastAfterUndo { get; set; } = TimeSpan.FromSeconds(1);

    public bool UsersFail { get; set; } = true;

    public List<DrillAlert> OtherAlerts { get; } = [];

    public LedgerVerdict? Verdict { get; set; } = new()
    {
        Acknowledged = 100, Verified = 100, Lost = 0, Duplicated = 0, Stale = 0, Unreadable = 0, LedgerComplete = true, Seconds = 1, Details = [],
    };

    public Func<FakeTraffic, bool> TrafficDies { get; set; } = _ => false;

    public IReadOnlyDictionary<string, JsonNode?> Variables { get; } = new Dictionary<string, JsonNode?>();

    public decimal AvailabilityObjective => 0.995m;

    public Task<HealResult> HealAsync(CancellationToken cancellationToken) => Task.FromResult(new HealResult(["link.latency on x: removed"], []));

    public Task<IReadOnlyList<string>> ListUnreadyAsync(CancellationToken cancellationToken) => Task.FromResult(Unready);

    public Task<IReadOnlyList<string>> ListFiringAsync(CancellationToken cancellationToken) => Task.FromResult(FiringBefore);

    public Task<IReadOnlyList<DrillAlert>> ListReceivedAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        var alerts = OtherAlerts.Where(a => a.ReceivedAt <= clock.GetUtcNow()).ToList();
        if (InjectedAt + FiresAfter is { } fires && fires + NotificationTakes <= clock.GetUtcNow())
        {
            var resolves = UndoneAt + ResolvesAfterUndo;
            alerts.Add(new DrillAlert
            {
                Name = Alert,
                Labels = new Dictionary<string, string> { ["severity"] = "critical", ["slo"] = "notes-availability" },
                FiredAt = fires,
                ReceivedAt = fires + NotificationTakes,
                ResolvedAt = resolves <= clock.GetUtcNow() ? resolves : null,
            });
        }

        return Task.FromResult<IReadOnlyList<DrillAlert>>([.. alerts.Where(a => a.FiredAt >= since)]);
    }

    public Task<PrometheusEvidence> ReadEvidenceAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        Task.FromResult(new PrometheusEvidence([], 1000, 50));

    public Task<ITrafficRun> StartTrafficAsync(TrafficOrder order, CancellationToken cancellationToken)
    {
        Calls.Add("traffic");
        Traffic = new FakeTraffic(this, clock, order.Traffic);
        return Task.FromResult<ITrafficRun>(Traffic);
    }

    public Task<LedgerCheck> VerifyLedgerAsync(TrafficOrder order, CancellationToken cancellationToken)
    {
        Calls.Add("verify");
        return Task.FromResult(new LedgerCheck(Verdict, "no ledger"));
    }

    public Task<InjectedFault> InjectAsync(DrillFault fault, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (InjectionError is { } error)
        {
            throw new FaultException(error);
        }

        Calls.Add("inject");
        InjectedAt = clock.GetUtcNow();
        var receipt = new Receipt("f1", fault.Type, fault.Target, InjectedAt.Value, InjectedAt.Value, Observed ? ["pid 4711 was gone"] : [], Observed);
        return Task.FromResult(new InjectedFault(receipt, "faults/f1.json", InjectedAt.Value.AddMinutes(1), UndoAsync));
    }

    public bool Fails(DateTimeOffset second) =>
        UsersFail && InjectedAt is { } from && second.AddSeconds(1) > from && (UndoneAt is not { } until || second < until + FailuresLastAfterUndo);

    private Task<UndoReceipt> UndoAsync(CancellationToken cancellationToken)
    {
        if (UndoFailures > 0)
        {
            UndoFailures--;
            return Task.FromException<UndoReceipt>(new FaultException("the proxy is away"));
        }

        Calls.Add("undo");
        UndoneAt = clock.GetUtcNow();
        return Task.FromResult(new UndoReceipt("f1", UndoneAt.Value, ["put back"]));
    }
}

/// <summary>Traffic at the drill's rate; every second in which the platform fails has ten failures.</summary>
internal sealed class FakeTraffic(FakePlatform platform, TimeProvider clock, DrillTraffic order) : ITrafficRun
{
    private readonly DateTimeOffset startedAt = clock.GetUtcNow();
    private readonly Dictionary<DateTimeOffset, bool> seen = [];

    public bool Stopped { get; private set; }

    public Task Ready => Task.CompletedTask;

    public Task Ended => platform.TrafficDies(this) ? Task.CompletedTask : new TaskCompletionSource().Task;

    public string Complaint => "out of memory";

    public IReadOnlyList<TrafficSecond> Seconds
    {
        get
        {
            // A second is complete when it is over; what happened in it does not change afterwards.
            for (var at = startedAt; at.AddSeconds(1) <= clock.GetUtcNow(); at = at.AddSeconds(1))
            {
                seen.TryAdd(at, platform.Fails(at));
            }

            return [.. seen.OrderBy(s => s.Key).Select(s => Second(s.Key, s.Value))];
        }
    }

    public Task<TrafficSummary?> StopAsync(CancellationToken cancellationToken)
    {
        platform.Calls.Add("stop");
        Stopped = true;
        if (platform.TrafficDies(this))
        {
            return Task.FromResult<TrafficSummary?>(null);
        }

        var seconds = Seconds.Where(s => s.At >= startedAt + order.Warmup).ToList();
        var failing = seconds.Where(s => s.Failed > 0).ToList();
        return Task.FromResult<TrafficSummary?>(new TrafficSummary
        {
            RunId = "r",
            StartedAt = startedAt,
            EndedAt = clock.GetUtcNow(),
            MeasuredFrom = startedAt + order.Warmup,
            Total = seconds.Sum(s => s.Sent),
            Failed = seconds.Sum(s => s.Failed),
            FailedRatio = seconds.Count == 0 ? 0 : (double)seconds.Sum(s => s.Failed) / seconds.Sum(s => s.Sent),
            LatencyMs = new LatencyQuantiles(3, 20, 80, 100),
            ServiceMs = new LatencyQuantiles(3, 20, 80, 100),
            FirstFailureAt = failing.FirstOrDefault()?.At,
            LastFailureAt = failing.LastOrDefault()?.At,
            RecoveredAt = failing.Count == 0 ? null : failing[^1].At.AddSeconds(1),
            BehindMs = 1,
            BehindP99Ms = 1,
            SecondsBehind = 0,
            ShedByGenerator = 0,
            StaleReads = 0,
            UndeclaredStaleReads = 0,
            Statuses = new Dictionary<string, long> { ["200"] = 100, ["503"] = failing.Count * 10 },
            ByJourney = new Dictionary<string, JourneySummary>(),
            WarmUp = new WarmUpSummary(10, 0),
            GeneratorCpuPercent = 5,
        });
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private TrafficSecond Second(DateTimeOffset at, bool fails) => new()
    {
        At = at,
        Phase = at < startedAt + order.Warmup ? "warmup" : "measure",
        Sent = order.Rate,
        Ok = order.Rate - (fails ? 10 : 0),
        Failed = fails ? 10 : 0,
        InFlight = 1,
        BehindMs = 0.5,
        Behind = false,
        P50Ms = 3,
        P95Ms = 20,
        P99Ms = fails ? 900 : 80,
        Statuses = new Dictionary<string, int>(),
    };
}
