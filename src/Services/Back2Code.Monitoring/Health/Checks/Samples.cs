using Back2Code.Monitoring.Prometheus;

namespace Back2Code.Monitoring.Health.Checks;

internal static class Samples
{
    /// <exception cref="CheckFailedException">Prometheus gave no answer.</exception>
    public static async Task<IReadOnlyList<PrometheusSample>> AskAsync(PrometheusClient prometheus, string expression, CancellationToken cancellationToken)
    {
        try
        {
            return await prometheus.QueryAsync(expression, cancellationToken);
        }
        catch (PrometheusException e)
        {
            throw new CheckFailedException(e.Message, e);
        }
    }
}
