using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Lab.Drills;

/// <summary>The platform as a drill sees it: the seam that lets the phases be tested without one.</summary>
internal interface IDrillPlatform
{
    /// <summary>What placeholders in drill files can name: base URLs, the state folder, a token.</summary>
    IReadOnlyDictionary<string, JsonNode?> Variables { get; }

    /// <summary>Target share of good requests of the users' availability SLO.</summary>
    decimal AvailabilityObjective { get; }

    /// <summary>Undoes what drills that died left behind; one line each.</summary>
    Task<HealResult> HealAsync(CancellationToken cancellationToken);

    /// <summary>Names of processes that are not ready, with their state.</summary>
    Task<IReadOnlyList<string>> ListUnreadyAsync(CancellationToken cancellationToken);

    /// <summary>Names of alerts that Prometheus has firing now.</summary>
    Task<IReadOnlyList<string>> ListFiringAsync(CancellationToken cancellationToken);

    /// <summary>Alerts that monitoring has been told of and that fired at or after a time.</summary>
    Task<IReadOnlyList<DrillAlert>> ListReceivedAsync(DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Monitoring's newest incidents with their alerts, as it answers.</summary>
    Task<JsonElement> ReadIncidentsAsync(CancellationToken cancellationToken);

    /// <summary>Messages with which monitoring would have called somebody, at or after a time; null when that is not known.</summary>
    Task<IReadOnlyList<DrillPage>?> ListPagesAsync(DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>What Prometheus itself recorded of a span of time.</summary>
    Task<PrometheusEvidence> ReadEvidenceAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken);

    /// <summary>Waits until Prometheus has read the counters of gateway and monitoring after a time.</summary>
    /// <returns>When both had been read; null when that did not happen within a few seconds.</returns>
    Task<DateTimeOffset?> AwaitScrapeAsync(DateTimeOffset after, CancellationToken cancellationToken);

    /// <summary>What Prometheus answers to a query for an instant.</summary>
    /// <param name="name">What it is for; the report keeps it with the answer.</param>
    Task<PrometheusAnswer> AskAsync(string name, string query, CancellationToken cancellationToken);

    Task<ITrafficRun> StartTrafficAsync(TrafficOrder order, CancellationToken cancellationToken);

    /// <summary>What is wrong with the machine itself, such as a full disk: then no service can be well. Null when nothing is.</summary>
    string? FindMachineTrouble();

    /// <summary>Reads every acknowledged write back through the gateway.</summary>
    /// <param name="patience">See <see cref="DrillTimes.VerifyPatience"/>.</param>
    /// <param name="onProgress">Called about once a second.</param>
    Task<LedgerCheck> VerifyLedgerAsync(TrafficOrder order, TimeSpan patience, Action<VerificationProgress> onProgress, CancellationToken cancellationToken);

    Task<InjectedFault> InjectAsync(DrillFault fault, CancellationToken cancellationToken);

    /// <summary>What operators did with the platform's own controls since a time.</summary>
    Task<IReadOnlyList<OperatorControl>> ListControlsAsync(DateTimeOffset since, CancellationToken cancellationToken);
}

/// <summary>The traffic of one drill.</summary>
/// <param name="LedgerFile">Where the generator records acknowledged writes.</param>
/// <param name="Duration">After the warm-up, at most; it is stopped earlier.</param>
internal sealed record TrafficOrder(DrillTraffic Traffic, TimeSpan Duration, string LedgerFile, int Seed, IReadOnlyList<string> Users)
{
    /// <summary>Beside the ledger: what the platform showed when it was verified.</summary>
    public string ReadBackFile => Path.Combine(Path.GetDirectoryName(LedgerFile) ?? "", "readback.jsonl");
}

/// <summary>What came of verifying the ledger.</summary>
/// <param name="Verdict">Null when there is none.</param>
/// <param name="Complaint">Then why, in the words of whoever should have given it.</param>
internal sealed record LedgerCheck(LedgerVerdict? Verdict, string Complaint = "");

/// <summary>Running traffic.</summary>
internal interface ITrafficRun : IAsyncDisposable
{
    /// <summary>Completes when the first scheduled request is about to leave.</summary>
    Task Ready { get; }

    /// <summary>Requests sent before the schedule began: two for each note that the first reads find.</summary>
    int Prepared { get; }

    /// <summary>Completes when the generator has ended, for whatever reason.</summary>
    Task Ended { get; }

    /// <summary>The seconds that are complete so far, in order.</summary>
    IReadOnlyList<TrafficSecond> Seconds { get; }

    /// <summary>Stops sending, waits for what is in flight and returns the summary; null when the generator died without one.</summary>
    Task<TrafficSummary?> StopAsync(CancellationToken cancellationToken);

    /// <summary>The last lines of its error output.</summary>
    string Complaint { get; }
}

/// <summary>What Prometheus recorded.</summary>
/// <param name="Total">Requests that the gateway answered; null when its counters could not be read.</param>
internal sealed record PrometheusEvidence(IReadOnlyList<FiringInterval> Firing, double? Total, double? Failed)
{
    /// <summary>What it was taken from.</summary>
    public IReadOnlyList<PrometheusAnswer> Answers { get; init; } = [];
}
