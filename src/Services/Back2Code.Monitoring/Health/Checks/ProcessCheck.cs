using System.Globalization;
using Back2Code.Monitoring.Prometheus;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health.Checks;

/// <summary>
/// Whether each process answers. Prometheus asks them all every few seconds anyway, over the same links as users' requests go, and one question
/// gives the answers of all; asking each again from here would be more connections and the same knowledge. PostgreSQL and Redis are not scraped: they have
/// checks of their own. With Prometheus away the processes are unknown, not well.
/// </summary>
internal sealed class ProcessCheck(PrometheusClient prometheus, IOptions<HealthOptions> options) : IPlatformCheck
{
    public string Name => "process";

    public string Title => "Processes";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        if (!prometheus.IsConfigured)
        {
            return Finding.NotApplicable("no Prometheus is configured");
        }

        // A range: an instant value would also be what a Prometheus that stood still remembers of five minutes ago.
        string age = options.Value.SampleAge.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        var up = await Samples.AskAsync(prometheus, $"last_over_time(up[{age}s])", cancellationToken);
        if (up.Count == 0)
        {
            throw new CheckFailedException("Prometheus has not scraped anything lately");
        }

        return [.. up.Select(s => new Finding(
            s.Label("instance"),
            s.Value == 1 ? HealthState.Ok : HealthState.Critical,
            s.Value == 1 ? "answers" : "does not answer",
            [new Reading("up", s.Value, "1")]))];
    }
}
