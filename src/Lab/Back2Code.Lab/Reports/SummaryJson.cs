using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Reports;

/// <summary>
/// <c>summary.json</c>: the contract with scripts. Fields are added, never renamed or removed; numbers that could not be measured are null,
/// never zero.
/// </summary>
internal static class SummaryJson
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text(DrillRecord record) => Of(record).ToJsonString(Format);

    public static JsonObject Of(DrillRecord record) => new()
    {
        ["drill"] = record.Drill.Name,
        ["title"] = record.Drill.Experiment.Title,
        ["module"] = record.Drill.Module,
        ["runbook"] = record.Drill.Runbook,
        ["status"] = StatusName(record.Status),
        ["exitCode"] = record.ExitCode,
        ["reason"] = record.Reason,
        ["seed"] = record.Seed,

        // What the windows of the objectives were divided by: without it, the times of alerts cannot be compared.
        ["timeScale"] = record.Drill.TimeScale,
        ["usersNotice"] = record.Drill.UsersNotice,
        ["expectedAlert"] = record.Drill.ExpectedAlert,
        ["startedAt"] = ReportTime.Rfc3339(record.StartedAt),
        ["injectedAt"] = ReportTime.Rfc3339(record.InjectedAt),
        ["detectedAt"] = ReportTime.Rfc3339(record.DetectedAt),
        ["faultEndedAt"] = ReportTime.Rfc3339(record.FaultEndedAt),
        ["recoveredAt"] = ReportTime.Rfc3339(record.RecoveredAt),
        ["steadyAt"] = ReportTime.Rfc3339(record.SteadyAt),
        ["endedAt"] = ReportTime.Rfc3339(record.EndedAt),
        ["mttdSeconds"] = Rounded(record.Mttd?.TotalSeconds),
        ["mttrSeconds"] = Rounded(record.Mttr?.TotalSeconds),

        // The same span where mttdSeconds is null by contract: how soon the dependency's own warning came.
        ["signalSeconds"] = Rounded((record.DetectedAt - record.InjectedAt)?.TotalSeconds),
        ["requests"] = Requests(record),
        ["latencyMs"] = new JsonObject
        {
            ["p50"] = Rounded(record.Traffic?.LatencyMs.P50),
            ["p95"] = Rounded(record.Traffic?.LatencyMs.P95),
            ["p99"] = Rounded(record.Traffic?.LatencyMs.P99),
        },
        ["errorBudget"] = record.Budget is not { } budget ? null : new JsonObject
        {
            ["objective"] = budget.Objective,
            ["burntRatio"] = Math.Round(budget.BurntRatio, 9),
            ["gatewayTotal"] = budget.GatewayTotal,
            ["gatewayFailed"] = budget.GatewayFailed,
        },
        ["ledger"] = record.Ledger is not { } ledger ? null : new JsonObject
        {
            ["acknowledged"] = ledger.Acknowledged,
            ["verified"] = ledger.Verified,
            ["lost"] = ledger.Lost,
            ["duplicated"] = ledger.Duplicated,
            ["stale"] = ledger.Stale,

            // Not lost, and not safe: the platform did not answer when it was asked for these.
            ["unreadable"] = ledger.Unreadable,
            ["findings"] = Texts(ledger.Details.Select(d => $"{d.Kind}: {d.Text}")),
        },
        ["alerts"] = new JsonArray([.. record.Alerts.Select(Alert)]),
        ["figures"] = new JsonArray([.. record.Figures.Select(Figure)]),

        // Null when there was nothing to compare.
        ["figuresAgree"] = record.Figures.Count == 0 ? null : record.Figures.All(f => f.Agrees == true),
        ["objectives"] = new JsonArray([.. record.Objectives.Select(Objective)]),
        ["receipts"] = new JsonArray([.. record.Receipts.Select(receipt => (JsonNode)new JsonObject
        {
            ["faultId"] = receipt.FaultId,
            ["type"] = receipt.Type,
            ["target"] = receipt.Target,
            ["injectedAt"] = ReportTime.Rfc3339(receipt.InjectedAt),
            ["observedAt"] = ReportTime.Rfc3339(receipt.ObservedAt),
            ["observed"] = receipt.Observed,
            ["observations"] = Texts(receipt.Observations),
            ["undoneAt"] = ReportTime.Rfc3339(record.Undone.Find(u => u.FaultId == receipt.FaultId)?.UndoneAt),
            ["undone"] = Texts(record.Undone.Find(u => u.FaultId == receipt.FaultId)?.Observations ?? []),
        })]),
        ["phases"] = new JsonArray([.. record.Phases.Select(phase => (JsonNode)new JsonObject
        {
            ["name"] = PhaseNames.Of(phase.Phase),
            ["seconds"] = Rounded((phase.EndedAt - phase.StartedAt).TotalSeconds),
            ["succeeded"] = phase.Succeeded,
            ["outcome"] = phase.Outcome,
        })]),
        ["notes"] = Texts(record.Notes),
    };

    public static string StatusName(DrillStatus status) => status.ToString().ToLowerInvariant();

    private static JsonObject Requests(DrillRecord record) => new()
    {
        ["total"] = record.Traffic?.Total,
        ["failed"] = record.Traffic?.Failed,
        ["failedRatio"] = record.Traffic is { } traffic ? Math.Round(traffic.FailedRatio, 6) : null,
        ["firstFailureAt"] = ReportTime.Rfc3339(record.Traffic?.FirstFailureAt),
        ["lastFailureAt"] = ReportTime.Rfc3339(record.Traffic?.LastFailureAt),
    };

    private static JsonNode Alert(DrillAlert alert) => new JsonObject
    {
        ["name"] = alert.Name,
        ["severity"] = alert.Severity,
        ["instance"] = alert.Instance,
        ["firedAt"] = ReportTime.Rfc3339(alert.FiredAt),
        ["receivedAt"] = ReportTime.Rfc3339(alert.ReceivedAt),
        ["resolvedAt"] = ReportTime.Rfc3339(alert.ResolvedAt),
        ["resolvedReceivedAt"] = ReportTime.Rfc3339(alert.ResolvedReceivedAt),
        ["incident"] = alert.Incident,
        ["incidentId"] = alert.IncidentId,
    };

    private static JsonNode Figure(FigureAgreement figure) => new JsonObject
    {
        ["name"] = figure.Name,
        ["reported"] = figure.Reported,
        ["prometheus"] = figure.Recorded,
        ["difference"] = Rounded(figure.Difference),
        ["agrees"] = figure.Agrees,
        ["query"] = figure.Query,
    };

    private static JsonNode Objective(Objective objective) => new JsonObject
    {
        ["name"] = objective.Name,
        ["target"] = objective.Target,
        ["measured"] = Rounded(objective.Measured),
        ["met"] = objective.Met,
        ["unit"] = objective.Unit,
        ["detail"] = objective.Detail,
    };

    private static JsonArray Texts(IEnumerable<string> lines) => new([.. lines.Select(line => JsonValue.Create(line))]);

    private static double? Rounded(double? value) => value is { } v ? Math.Round(v, 6) : null;
}
