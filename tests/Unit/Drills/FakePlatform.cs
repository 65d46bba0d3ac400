using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Supervision;
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

    /// <summary>From the next injection on, none leaves a trace.</summary>
    public int TracesLeft { get; set; } = int.MaxValue;

    public List<(string Type, DateTimeOffset At)> Injections { get; } = [];

    public string? InjectionError { get; set; }

    public Action OnInject { get; set; } = () => { };

    public int UndoFailures { get; set; }

    public IReadOnlyList<string> Unready { get; set; } = [];

    /// <summary>From the injection until RabbitMQ is ready again.</summary>
    public TimeSpan? BrokerTakes { get; set; }

    public IReadOnlyList<string> FiringBefore { get; set; } = [];

    public string Alert { get; set; } = "NotesAvailabilityFastBurn";

    public TimeSpan? FiresAfter { get; set; } = TimeSpan.FromSeconds(2);

    public TimeSpan NotificationTakes { get; set; } = TimeSpan.FromMilliseconds(300);

    public TimeSpan? ResolvesAfterUndo { get; set; } = TimeSpan.FromSeconds(3);

    public TimeSpan FailuresLastAfterUndo { get; set; } = TimeSpan.FromSeconds(1);

    public bool UsersFail { get; set; } = true;

    /// <summary>What the generator measured of reads; null when there were none.</summary>
    public double? ReadsP99Ms { get; set; }

    public List<DrillAlert> OtherAlerts { get; } = [];

    public LedgerVerdict? Verdict { get; set; } = new()
    {
        Acknowledged = 100, Verified = 100, Lost = 0, Duplicated = 0, Stale = 0, Unreadable = 0, LedgerComplete = true, Seconds = 1, Details = [],
    };

    public Func<FakeTraffic, bool> TrafficDies { get; set; } = _ => false;

    public IReadOnlyDictionary<string, JsonNode?> Variables { get; } = new Dictionary<string, JsonNode?> { ["gateway"] = "http://127.0.0.1:1" };

    public decimal AvailabilityObjective => 0.995m;

    public Task<HealResult> HealAsync(CancellationToken cancellationToken) => Task.FromResult(new HealResult(["link.latency on x: removed"], []));

    public Task<IReadOnlyList<string>> ListUnreadyAsync(CancellationToken cancellationToken) =>
        Task.FromResult(InjectedAt + BrokerTakes > clock.GetUtcNow() ? ["rabbitmq (starting)"] : Unready);

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

    public IReadOnlyList<DrillPage>? Pages { get; set; } = [];

    public Task<IReadOnlyList<DrillPage>?> ListPagesAsync(DateTimeOffset since, CancellationToken cancellationToken) => Task.FromResult(Pages);

    public Task<PrometheusEvidence> ReadEvidenceAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        Task.FromResult(new PrometheusEvidence([], 1000, 50));

    /// <summary>What Prometheus says to a query, given what the traffic generator would make it.</summary>
    public Func<string, double?> Prometheus { get; set; } = _ => null;

    public Task<DateTimeOffset?> AwaitScrapeAsync(DateTimeOffset after, CancellationToken cancellationToken) => Task.FromResult<DateTimeOffset?>(clock.GetUtcNow());

    public Task<PrometheusAnswer> AskAsync(string name, string query, CancellationToken cancellationToken) => Task.FromResult(new PrometheusAnswer(
        name,
        query,
        null,
        null,
        null,
        clock.GetUtcNow(),
        JsonSerializer.SerializeToElement(Prometheus(query) is { } value ? [new { metric = new { }, value = new object[] { 0, value.ToString("R", CultureInfo.InvariantCulture) } }] : Array.Empty<object>())));

    public async Task<JsonElement> ReadIncidentsAsync(CancellationToken cancellationToken)
    {
        var alerts = await ListReceivedAsync(DateTimeOffset.MinValue, cancellationToken);
        return JsonSerializer.SerializeToElement(
            new IncidentReader.Page([.. alerts.GroupBy(a => (a.IncidentId, a.Incident)).Select(g => new IncidentReader.Incident(
                g.Key.IncidentId!,
                g.Key.Incident!,
                [.. g.Select(a => new IncidentReader.Alert(a.Name, a.FiredAt, a.ResolvedAt, a.ReceivedAt, a.ResolvedReceivedAt, new Dictionary<string, string>(a.Labels)))]))]),
            JsonSerializerOptions.Web);
    }

    public Task<ITrafficRun> StartTrafficAsync(TrafficOrder order, CancellationToken cancellationToken)
    {
        Calls.Add("traffic");
        Traffic = new FakeTraffic(this, clock, order.Traffic);
        return Task.FromResult<ITrafficRun>(Traffic);
    }

    public string? MachineTrouble { get; set; }

    public string? FindMachineTrouble() => InjectedAt is null ? null : MachineTrouble;

    public Task<LedgerCheck> VerifyLedgerAsync(TrafficOrder order, TimeSpan patience, Action<VerificationProgress> onProgress, CancellationToken cancellationToken)
    {
        Calls.Add("verify");
        onProgress(new VerificationProgress(40, 100, 1));
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
        OnInject();
        var now = clock.GetUtcNow();
        Injections.Add((fault.Type, now));
        InjectedAt ??= now;
        var seen = Observed && Injections.Count <= TracesLeft;
        var id = $"f{Injections.Count}";
        var receipt = new Receipt(id, fault.Type, fault.Target, now, now, seen ? ["pid 4711 was gone"] : [], seen);
        return Task.FromResult(new InjectedFault(receipt, $"faults/{id}.json", now.AddMinutes(1), _ => UndoAsync(id)));
    }

    public List<OperatorControl> Controls { get; } = [];

    public Task<IReadOnlyList<OperatorControl>> ListControlsAsync(DateTimeOffset since, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<OperatorControl>>([.. Controls.Where(c => c.At >= since)]);

    public bool Fails(DateTimeOffset second) =>
        UsersFail && InjectedAt is { } from && second.AddSeconds(1) > from && (UndoneAt is not { } until || second < until + FailuresLastAfterUndo);

    private Task<UndoReceipt> UndoAsync(string id)
    {
        if (UndoFailures > 0)
        {
            UndoFailures--;
            return Task.FromException<UndoReceipt>(new FaultException("the proxy is away"));
        }

        Calls.Add("undo");
        UndoneAt = clock.GetUtcNow();
        return Task.FromResult(new UndoReceipt(id, UndoneAt.Value, ["put back"]));
    }
}

/// <summary>Traffic at the drill's rate; every second in which the platform fails has ten failures.</summary>
internal sealed class FakeTraffic(FakePlatform platform, TimeProvider clock, DrillTraffic order) : ITrafficRun
{
    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();
    private readonly Dictionary<DateTimeOffset, bool> _seen = [];

    public bool Stopped { get; private set; }

    public Task Ready => Task.CompletedTask;

    public Task Ended => platform.TrafficDies(this) ? Task.CompletedTask : new TaskCompletionSource().Task;

    public int Prepared => 40;

    public string Complaint => "out of memory";

    public IReadOnlyList<TrafficSecond> Seconds
    {
        get
        {
            // A second is complete when it is over; what happened in it does not change afterwards.
            for (var at = _startedAt; at.AddSeconds(1) <= clock.GetUtcNow(); at = at.AddSeconds(1))
            {
                _seen.TryAdd(at, platform.Fails(at));
            }

            return [.. _seen.OrderBy(s => s.Key).Select(s => Second(s.Key, s.Value))];
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

        var seconds = Seconds.Where(s => s.At >= _startedAt + order.Warmup).ToList();
        var failing = seconds.Where(s => s.Failed > 0).ToList();
        return Task.FromResult<TrafficSummary?>(new TrafficSummary
        {
            RunId = "r",
            StartedAt = _startedAt,
            EndedAt = clock.GetUtcNow(),
            MeasuredFrom = _startedAt + order.Warmup,
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
            ByJourney = platform.ReadsP99Ms is { } reads ? new Dictionary<string, JourneySummary> { ["reads"] = new(100, 0, new LatencyQuantiles(2, 9, reads, reads), null, null) } : new Dictionary<string, JourneySummary>(),
            WarmUp = new WarmUpSummary(10, 0),
            GeneratorCpuPercent = 5,
        });
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private TrafficSecond Second(DateTimeOffset at, bool fails) => new()
    {
        At = at,
        Phase = at < _startedAt + order.Warmup ? "warmup" : "measure",
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
