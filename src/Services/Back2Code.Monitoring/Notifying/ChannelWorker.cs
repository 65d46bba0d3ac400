using System.Diagnostics.Metrics;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.Notifying;

/// <summary>Runs a loop for each channel, as long as the service runs. What is not told when it stops is told after the next start.</summary>
internal sealed class ChannelWorker : BackgroundService
{
    private readonly IReadOnlyList<ChannelLoop> _loops;

    public ChannelWorker(ChannelList channels, IncidentDesk desk, TimeProvider time, IMeterFactory meters, ILogger<ChannelWorker> logger)
    {
        Meter meter = meters.Create("Back2Code.Monitoring");
        Counter<long> deliveries = meter.CreateCounter<long>("monitoring.deliveries", "{delivery}", "Attempts to tell a channel, by result: delivered, failed (tried again), given-up.");
        meter.CreateObservableGauge(
            "monitoring.deliveries.pending",
            () => channels.All.Select(c => new Measurement<int>(desk.Board.CountOf(c.Subscription.Name), new KeyValuePair<string, object?>("channel", c.Subscription.Name))),
            "{notice}",
            "Pieces of news that a channel has not been told yet.");
        _loops = [.. channels.All.Select(c => new ChannelLoop(c, desk, deliveries, time, logger))];
        foreach (ChannelLoop loop in _loops)
        {
            desk.News += loop.Wake;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(_loops.Select(l => l.RunAsync(stoppingToken)));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What waits lies in the spool.
        }
    }
}
