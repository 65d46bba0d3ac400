using System.Globalization;

namespace Back2Code.Chaos.Faults.Traffic;

/// <summary>What comes to a gateway on a bad day.</summary>
internal static class TrafficFaults
{
    private static readonly RouteParameter Route = new("path", "What is asked for; /v1/notes?limit=20 when left out.", "/v1/");

    public static TrafficFault Spike { get; } = new()
    {
        Type = "traffic.spike",
        Summary = "Sends so many more requests a second, on a schedule that answers do not change.",
        Symptom = "Everything is well and busy: latency grows, then work is shed with 503. Traffic graphs show why before any other.",
        Receipt = "HAProxy counted more requests in the last second than before, by half of the rate asked for at least.",
        Example = new("gateway", ("rate", "100")),
        Parameters = [new NumberParameter("rate", "Requests a second.", 1, 5_000, Required: true), Route],
        Arguments = (gateway, s) => ["requests", "--url", gateway + PathOf(s), "--rate", Text(s.Number("rate"))],
        Proof = (before, now, _, s) => now.RequestsPerSecond >= before.RequestsPerSecond + (s.Number("rate") / 2)
            ? $"{now.RequestsPerSecond} requests came in the last second, {before.RequestsPerSecond} before"
            : null,
    };

    public static TrafficFault ConnectionFlood { get; } = new()
    {
        Type = "traffic.connection-flood",
        Summary = "Opens so many connections to the gateway, says nothing on them, and opens them again when they are closed.",
        Symptom = "The gateway's connections are used up: clients that connect anew wait, those with an open connection are served as ever.",
        Receipt = "HAProxy counts nine tenths of the connections asked for as open beside those before, or 95 % of all that it may hold.",
        Example = new("gateway", ("connections", "100")),
        Parameters = [new NumberParameter("connections", "How many.", 1, 5_000, Required: true)],
        Arguments = (gateway, s) => ["connections", "--url", gateway, "--count", Text(s.Number("connections"))],
        Proof = (before, now, _, s) => Held(before.Connections, now.Connections, now.MostConnections, s.Number("connections")),
    };

    public static TrafficFault SlowClients { get; } = new()
    {
        Type = "traffic.slow-clients",
        Summary = "Opens connections to the gateway and sends a request on each one byte at a time, and never its end (slowloris).",
        Symptom = "As traffic.connection-flood; the gateway cuts each after its time for a request (5 s) with 408, and no service ever hears of them.",
        Receipt = "HAProxy counts nine tenths of the slow connections as open beside those before, or 95 % of all that it may hold.",
        Example = new("gateway", ("connections", "100")),
        Parameters =
        [
            new NumberParameter("connections", "How many.", 1, 5_000, Required: true),
            new DurationParameter("drip", "From one byte to the next; 1 s when left out.", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
        ],
        Arguments = (gateway, s) =>
            ["connections", "--url", gateway, "--count", Text(s.Number("connections")), "--drip", Durations.Format(s.Duration("drip") ?? TimeSpan.FromSeconds(1))],
        Proof = (before, now, _, s) => Held(before.Connections, now.Connections, now.MostConnections, s.Number("connections")),
    };

    public static TrafficFault RetryClients { get; } = new()
    {
        Type = "traffic.retry-clients",
        Summary = "Adds clients that ask at an interval, give up early, and try again at once, several times.",
        Symptom = "Harmless while everything is well. As soon as answers are late, requests multiply, and they keep the answers late when the cause has long gone.",
        Receipt = "HAProxy counted more requests in the last second than before, by half of what the clients ask while all is well.",
        Example = new("gateway", ("clients", "20"), ("interval", "200ms")),
        Parameters =
        [
            new NumberParameter("clients", "How many.", 1, 2_000, Required: true),
            new DurationParameter("interval", "How often each asks while all is well.", TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1), Required: true),
            new DurationParameter("timeout", "How long it waits; 500 ms when left out.", TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30)),
            new NumberParameter("retries", "Further attempts; 3 when left out.", 0, 20),
            Route,
        ],
        Arguments = (gateway, s) =>
        [
            "retries", "--url", gateway + PathOf(s), "--clients", Text(s.Number("clients")), "--interval", Durations.Format(s.Duration("interval")!.Value),
            "--timeout", Durations.Format(s.Duration("timeout") ?? TimeSpan.FromMilliseconds(500)), "--retries", Text(s.Number("retries", 3)),
        ],
        Proof = (before, now, _, s) =>
            now.RequestsPerSecond >= before.RequestsPerSecond + Math.Max(1, s.Number("clients") / s.Duration("interval")!.Value.TotalSeconds / 2)
                ? $"{now.RequestsPerSecond} requests came in the last second, {before.RequestsPerSecond} before"
                : null,
    };

    private static string PathOf(FaultSettings settings) => settings.Choice("path", "/v1/notes?limit=20");

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>More than the gateway can hold is as good as all of it.</summary>
    private static string? Held(int before, int now, int most, long wanted) =>
        now >= Math.Min(before + (wanted * 9 / 10), most * 95L / 100) ? $"{now} of at most {most} connections are open, {before} before" : null;
}
