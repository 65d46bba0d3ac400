using System.Diagnostics.Metrics;

namespace Back2Code.Data;

internal sealed class RedisMetrics
{
    private readonly Counter<long> _commands;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _connections;

    public RedisMetrics(IMeterFactory meters, Func<int> inFlight, Func<bool> connected)
    {
        var meter = meters.Create("Back2Code.Data");
        _commands = meter.CreateCounter<long>("back2code.redis.commands", "{command}", "Commands, by what became of them: ok, error, timeout, failed, unavailable (not connected), shed (client's limits).");
        _duration = meter.CreateHistogram(
            "back2code.redis.command.duration", "s", "Time from a command to its reply.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1] });
        _connections = meter.CreateCounter<long>("back2code.redis.connections", "{connection}", "Attempts to connect, by outcome.");
        meter.CreateObservableGauge("back2code.redis.in_flight", inFlight, "{command}", "Commands that wait for their reply.");
        meter.CreateObservableGauge("back2code.redis.connected", () => connected() ? 1 : 0, "{connection}", "Whether the connection stands.");
    }

    public void Command(string outcome, TimeSpan elapsed)
    {
        _commands.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        if (outcome is "ok" or "error")
        {
            _duration.Record(elapsed.TotalSeconds);
        }
    }

    public void Connection(bool succeeded) => _connections.Add(1, new KeyValuePair<string, object?>("outcome", succeeded ? "ok" : "failed"));
}
