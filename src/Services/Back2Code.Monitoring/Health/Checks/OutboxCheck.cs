using System.Globalization;
using Back2Code.Monitoring.Prometheus;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health.Checks;

/// <summary>How long events have waited to be published. Each service measures its own outbox; no service reads another's schema, so the figures come from Prometheus.</summary>
internal sealed class OutboxCheck(PrometheusClient prometheus, IOptions<HealthOptions> options) : IPlatformCheck
{
    public string Name => "outbox";

    public string Title => "Outbox age";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        if (!prometheus.IsConfigured)
        {
            return Finding.NotApplicable("no Prometheus is configured");
        }

        string age = options.Value.SampleAge.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);

        // Replicas share one table, and each tells the same age.
        var outboxes = await Samples.AskAsync(prometheus, $"max by (job) (last_over_time(back2code_outbox_oldest_age_seconds[{age}s]))", cancellationToken);
        return outboxes.Count == 0
            ? throw new CheckFailedException("no service has told the age of its outbox lately")
            : [.. outboxes.Select(o => Finding.Of(
                o.Label("job"),
                o.Value == 0 ? "nothing waits" : $"the oldest event has waited {Amount.Seconds(o.Value)}",
                new Reading("oldestSeconds", o.Value, "s", options.Value.OutboxSecondsWarning, options.Value.OutboxSecondsCritical)))];
    }
}
