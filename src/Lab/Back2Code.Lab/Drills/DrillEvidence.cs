using System.Text.Json;
using Back2Code.Lab.Traffic;

namespace Back2Code.Lab.Drills;

/// <summary>What the figures of a drill were taken from, besides the files of the traffic generator: kept so that everybody can compute them again.</summary>
public sealed class DrillEvidence
{
    /// <summary>What was changed in the drill as its file has it, as <c>KEY=VALUE</c>.</summary>
    public IReadOnlyList<string> Settings { get; set; } = [];

    /// <summary>The folder of documents as seen from the report's, for links; null where there is none.</summary>
    public string? DocsPath { get; set; }

    /// <summary>Target share of good requests that the budget was counted with.</summary>
    public decimal AvailabilityObjective { get; set; }

    /// <summary>From the steady state on; alerts that fired before it are none of this drill.</summary>
    public DateTimeOffset? WatchedFrom { get; set; }

    /// <summary>The end of traffic.</summary>
    public DateTimeOffset? WatchedTo { get; set; }

    /// <summary>Before the first request, and after the last one that is not the drill's own verification.</summary>
    public DateTimeOffset? CountedFrom { get; set; }

    public DateTimeOffset? CountedTo { get; set; }

    /// <summary>When the experiment's own method began; only where the drill has no faults.</summary>
    public DateTimeOffset? MethodAt { get; set; }

    /// <summary>The generator's own summary, when the record's was computed again from its seconds.</summary>
    public TrafficSummary? ToldTraffic { get; set; }

    /// <summary>Requests of the generator before its schedule began.</summary>
    public int Prepared { get; set; }

    /// <summary>Requests that the drill itself sent to the notes service, by its hypothesis.</summary>
    public int OwnAnswers { get; set; }

    public int OwnFailures { get; set; }

    /// <summary>How the engine ended the run before it judged objectives; null when it played to the end.</summary>
    public Verdict? Verdict { get; set; }

    /// <summary>What was wrong with the machine itself; it heads the reason of whatever went wrong.</summary>
    public string? MachineTrouble { get; set; }

    /// <summary>Monitoring's answer about its incidents, as received.</summary>
    public JsonElement? Incidents { get; set; }

    /// <summary>Prometheus' answers, as received.</summary>
    public List<PrometheusAnswer> Prometheus { get; } = [];
}
