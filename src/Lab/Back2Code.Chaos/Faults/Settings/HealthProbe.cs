using System.Net;

namespace Back2Code.Chaos.Faults.Settings;

/// <summary>Asks a service on its own port whether it is ready, as the gateway does.</summary>
internal static class HealthProbe
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(5) }) { Timeout = TimeSpan.FromSeconds(2) };

    /// <returns>How long it took; null when it is not ready in time. A process that speaks no HTTP is taken for ready.</returns>
    public static async Task<TimeSpan?> AwaitReadyAsync(IFaultTarget platform, string process, CancellationToken cancellationToken)
    {
        var start = platform.Time.GetTimestamp();
        while (platform.Time.GetElapsedTime(start) < Patience)
        {
            var found = (await platform.ListProcessesAsync(cancellationToken)).FirstOrDefault(p => p.Name == process);
            if (found is { Pid: not null, Port: null } || (found is { Pid: not null } && await IsReadyAsync(found, cancellationToken)))
            {
                return platform.Time.GetElapsedTime(start);
            }

            await Task.Delay(Interval, platform.Time, cancellationToken);
        }

        return null;
    }

    /// <summary>200 for a service; any answer but 503 for a program that has no such page.</summary>
    public static async Task<bool> IsReadyAsync(TargetProcess process, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await Http.GetAsync(new Uri($"http://127.0.0.1:{process.Port}/health/ready"), cancellationToken);
            return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
