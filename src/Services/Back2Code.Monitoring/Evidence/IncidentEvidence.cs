using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Prometheus;

namespace Back2Code.Monitoring.Evidence;

/// <summary>What Prometheus can add to an incident: the way from the fault to the first alert, and the budget that went. docs/incidents.md defines each time.</summary>
internal sealed class IncidentEvidence(PrometheusClient prometheus)
{
    // Prometheus refuses more than 11,000 points a series.
    private const int MaximumPoints = 2_000;
    private const double Rise = 1e-9;

    private static readonly TimeSpan SmallestStep = TimeSpan.FromSeconds(1);

    public async Task<DetectionEvidence> DetectionOfAsync(AlertEpisode first, DateTimeOffset? faultAt, CancellationToken cancellationToken)
    {
        string scrapes = ScrapesOf(first);
        DateTimeOffset? sufficientAt = await ScrapeBeforeAsync(scrapes, first.StartsAt, cancellationToken);
        DateTimeOffset? visibleAt = null;
        if (await FirstSignAsync(first, faultAt, cancellationToken) is { } sign)
        {
            visibleAt = await ScrapeBeforeAsync(scrapes, sign, cancellationToken);
        }

        // A scrape from before the fault cannot have shown it: the sign was older, or another's.
        return new DetectionEvidence(faultAt, visibleAt >= (faultAt ?? DateTimeOffset.MinValue) ? visibleAt : null, sufficientAt, first.StartsAt, first.ReceivedAt);
    }

    public async Task<IReadOnlyList<BudgetBurn>> BudgetsOfAsync(Incident incident, CancellationToken cancellationToken)
    {
        var burns = new List<BudgetBurn>();
        DateTimeOffset from = IncidentMeasures.Of(incident).StartedAt ?? incident.OpenedAt;
        foreach (string slo in incident.Slos)
        {
            string query = $"slo:error_budget_remaining:ratio{{slo={PrometheusClient.Quote(slo)}}}";
            IReadOnlyList<double> before = await prometheus.ValuesAsync(query, from, cancellationToken);
            IReadOnlyList<double> after = await prometheus.ValuesAsync(query, incident.ResolvedAt ?? incident.OpenedAt, cancellationToken);
            if (before is [var first, ..] && after is [var last, ..])
            {
                // The window rolls: old errors leave it while new ones come, and a quiet incident may end with more budget than it began with.
                burns.Add(new BudgetBurn(slo, Math.Round(Math.Max(0, first - last), 6), Math.Round(last, 6)));
            }
        }

        return burns;
    }

    /// <summary>The evaluation at which the alert's condition first began to move: the error ratio rose, or the alert became pending.</summary>
    private async Task<DateTimeOffset?> FirstSignAsync(AlertEpisode first, DateTimeOffset? faultAt, CancellationToken cancellationToken)
    {
        if (first.Labels.GetValueOrDefault("slo") is not { Length: > 0 } slo)
        {
            string instance = first.Instance is { Length: > 0 } name ? $",instance={PrometheusClient.Quote(name)}" : "";
            IReadOnlyList<double> pending = await prometheus.ValuesAsync($"ALERTS_FOR_STATE{{alertname={PrometheusClient.Quote(first.Name)}{instance}}}", first.StartsAt, cancellationToken);
            return pending.Count == 0 ? first.StartsAt : DateTimeOffset.UnixEpoch.AddSeconds(pending.Min());
        }

        // Without a beginning there is nothing to rise from.
        if (faultAt is not { } fault || fault >= first.StartsAt)
        {
            return null;
        }

        // Counted back from the evaluation that fired, so that the last point is it and, at the lab's interval, each of the others is one too.
        TimeSpan span = first.StartsAt - fault + SmallestStep;
        TimeSpan step = span / MaximumPoints > SmallestStep ? span / MaximumPoints : SmallestStep;
        DateTimeOffset from = first.StartsAt - (step * Math.Ceiling(span / step));
        var ratios = await prometheus.RangesAsync(
            $"{{__name__=~\"slo:errors:ratio_rate.+\",slo={PrometheusClient.Quote(slo)}}}", from, first.StartsAt, step, cancellationToken);
        return ratios.Where(r => r.Count > 1)
            .SelectMany(r => r.Skip(1).Where(point => point.Value > r[0].Value + Rise).Select(point => (DateTimeOffset?)point.At).Take(1))
            .Min();
    }

    private async Task<DateTimeOffset?> ScrapeBeforeAsync(string scrapes, DateTimeOffset at, CancellationToken cancellationToken)
    {
        IReadOnlyList<double> times = await prometheus.ValuesAsync($"max(timestamp({scrapes}))", at, cancellationToken);
        return times is [var seconds, ..] ? DateTimeOffset.UnixEpoch.AddMilliseconds(Math.Round(seconds * 1000)) : null;
    }

    /// <summary>Service levels are measured at the gateway; other alerts are about the instance that they name.</summary>
    private static string ScrapesOf(AlertEpisode first) => first.Labels.ContainsKey("slo") || first.Instance is not { Length: > 0 } instance
        ? "up{job=\"gateway\"}"
        : $"up{{instance={PrometheusClient.Quote(instance)}}}";
}
