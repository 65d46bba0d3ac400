using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Bench.Proxy;

/// <summary>
/// What a link costs, beside HAProxy in TCP mode (its defaults: no splice, a thread for each core): the time added to a request, the bytes a second of
/// one and of 100 connections; and how long a change of toxics takes while those stream. Direct, HAProxy and ours take turns in every round, the one to
/// begin changes from round to round, and the figures are medians over the rounds, so that a busy machine hurts all three. The peers are blocking
/// threads in this process; each proxy is a process of its own.
/// </summary>
public static class ProxyBench
{
    private const int Rounds = 5;
    private const double AllowedRatio = 1.2;
    private const double AllowedChangeMs = 100;
    private const double AllowedAddedUs = 100;
    private const double RequiredGBs = 1;
    private const int ManyConnections = 100;

    /// <summary>Prints the figures; 1 when a limit is missed.</summary>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        int requests = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
        long streamBytes = args.Length > 1 ? long.Parse(args[1], CultureInfo.InvariantCulture) : 2_000_000_000;
        using var answering = TcpPeers.Listen();
        using var sink = TcpPeers.Listen();
        string[] upstreams = [answering.LocalEndPoint!.ToString()!, sink.LocalEndPoint!.ToString()!];
        await using var haproxy = await HaproxyProcess.StartAsync(upstreams, cancellationToken);
        await using var ours = await ToxiproxyProcess.StartAsync(cancellationToken);
        using var http = new HttpClient { BaseAddress = ours.Address };
        var client = new ToxiproxyClient(http);
        var links = await client.PopulateAsync(
            [
                new ProxyDocument { Name = "requests", Listen = "127.0.0.1:0", Upstream = upstreams[0] },
                new ProxyDocument { Name = "stream", Listen = "127.0.0.1:0", Upstream = upstreams[1] },
            ],
            cancellationToken);
        Target[] targets =
        [
            new("direct", (IPEndPoint)answering.LocalEndPoint, (IPEndPoint)sink.LocalEndPoint, null),
            new("haproxy", haproxy.Listens[0], haproxy.Listens[1], haproxy.Process),
            new("ours", IPEndPoint.Parse(links[0].Listen), IPEndPoint.Parse(links[1].Listen), ours.Process),
        ];

        // Not measured: connections, compilation, page faults.
        foreach (var target in targets)
        {
            await RoundAsync(target, answering, sink, requests / 2, streamBytes / 4);
        }

        for (int round = 0; round < Rounds; round++)
        {
            for (int turn = 0; turn < targets.Length; turn++)
            {
                var target = targets[(round + turn) % targets.Length];
                target.Results.Add(await RoundAsync(target, answering, sink, requests, streamBytes));
            }
        }

        bool met = ReportAll(targets[0], targets[1], targets[2]);
        Console.WriteLine($"proxy  memory          {WorkingSetOf(ours.Process) / 1e6,10:0.0} MB resident after the runs (haproxy {WorkingSetOf(haproxy.Process) / 1e6:0.0} MB)");
        met &= await MeasureChangesAsync(http, sink, targets[2].Stream, cancellationToken);
        return met ? 0 : 1;
    }

    private static async Task<Result> RoundAsync(
        Target target, System.Net.Sockets.Socket answering, System.Net.Sockets.Socket sink, int requests, long streamBytes)
    {
        var microseconds = await TcpPeers.AskAsync(answering, target.Requests, requests);
        var before = ProcessorTimeOf(target.Process);
        double one = await TcpPeers.StreamAsync(sink, target.Stream, 1, streamBytes);
        double many = await TcpPeers.StreamAsync(sink, target.Stream, ManyConnections, streamBytes);
        double cost = (ProcessorTimeOf(target.Process) - before).TotalSeconds / (2 * streamBytes / 1e9);
        return new Result(Percentile(microseconds, 0.5), Percentile(microseconds, 0.99), one, many, cost);
    }

    private static bool ReportAll(Target direct, Target haproxy, Target ours)
    {
        bool met = ReportAdded("added at p50", r => r.P50);
        met &= ReportAdded("added at p99", r => r.P99);
        met &= ReportRate("1 connection", r => r.One);
        met &= ReportRate($"{ManyConnections} connections", r => r.Many);
        double added = Median(ours.Results.Zip(direct.Results, (o, d) => o.P50 - d.P50));
        double one = Median(ours, r => r.One);
        met &= added <= AllowedAddedUs && one >= RequiredGBs;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"proxy  by itself       {added:0.0} us added at p50, {AllowedAddedUs} allowed: {(added <= AllowedAddedUs ? "met" : "MISSED")}; {one:0.00} GB/s on one connection, {RequiredGBs} wanted: {(one >= RequiredGBs ? "met" : "MISSED")}, {one / Median(direct, r => r.One):0.00} of direct"));
        Console.WriteLine($"proxy  {"processor",-15} {"",21} haproxy {Median(haproxy, r => r.Cost),7:0.00}  ours {Median(ours, r => r.Cost),7:0.00} s for each GB");
        return met;

        bool ReportAdded(string what, Func<Result, double> of)
        {
            double theirs = Median(haproxy.Results.Zip(direct.Results, (h, d) => of(h) - of(d)));
            double mine = Median(ours.Results.Zip(direct.Results, (o, d) => of(o) - of(d)));
            return Report(what, Median(direct, of), theirs, mine, "us", mine / theirs, [.. haproxy.Results.Zip(direct.Results, (h, d) => of(h) - of(d))], [.. ours.Results.Zip(direct.Results, (o, d) => of(o) - of(d))]);
        }

        bool ReportRate(string what, Func<Result, double> of) => Report(
            what, Median(direct, of), Median(haproxy, of), Median(ours, of), "GB/s", Median(haproxy, of) / Median(ours, of), [.. haproxy.Results.Select(of)], [.. ours.Results.Select(of)]);
    }

    private static bool Report(string what, double direct, double theirs, double mine, string unit, double ratio, double[] theirRuns, double[] myRuns)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"proxy  {what,-15} direct {direct,8:0.00}  haproxy {theirs,8:0.00}  ours {mine,8:0.00} {unit,-4}  {ratio:0.00} x haproxy, {AllowedRatio} allowed: {(ratio <= AllowedRatio ? "met" : "MISSED")}   (haproxy {Runs(theirRuns)}, ours {Runs(myRuns)})"));
        return ratio <= AllowedRatio;

        static string Runs(double[] runs) => string.Join(" ", runs.Select(r => r.ToString("0.0#", CultureInfo.InvariantCulture)));
    }

    /// <summary>
    /// Adds, changes and removes a toxic over and over while 100 connections stream through it. The limit is on what the proxy takes (Server-Timing of
    /// its answers); the client beside it shares two processors with 200 busy peers of ours and waits for its turn.
    /// </summary>
    private static async Task<bool> MeasureChangesAsync(HttpClient http, System.Net.Sockets.Socket sink, IPEndPoint stream, CancellationToken cancellationToken)
    {
        var streaming = TcpPeers.StreamAsync(sink, stream, ManyConnections, 2_000_000_000);
        List<double> inProxy = [];
        List<double> atClient = [];
        while (!streaming.IsCompleted)
        {
            foreach (string direction in (string[])["upstream", "downstream"])
            {
                await ChangeAsync(HttpMethod.Post, "", new { name = "late", type = "latency", stream = direction, attributes = new { latency = 1 } });
                await ChangeAsync(HttpMethod.Patch, "/late", new { toxicity = 0.5, attributes = new { latency = 2 } });
                await ChangeAsync(HttpMethod.Delete, "/late", null);
            }
        }

        double rate = await streaming;
        inProxy.Sort();
        atClient.Sort();
        bool met = inProxy[^1] <= AllowedChangeMs;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"proxy  changes         {inProxy.Count} while {ManyConnections} connections stream at {rate:0.00} GB/s: in the proxy p50 {Percentile(inProxy, 0.5):0.00} p99 {Percentile(inProxy, 0.99):0.0} max {inProxy[^1]:0.0} ms, {AllowedChangeMs} allowed: {(met ? "met" : "MISSED")}; at the client p50 {Percentile(atClient, 0.5):0.0} p99 {Percentile(atClient, 0.99):0.0} max {atClient[^1]:0.0} ms"));
        return met;

        async Task ChangeAsync(HttpMethod method, string toxic, object? body)
        {
            long start = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(method, "proxies/stream/toxics" + toxic) { Content = body is null ? null : JsonContent.Create(body) };
            using var response = await http.SendAsync(request, cancellationToken);
            response.EnsureSuccessStatusCode();
            atClient.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            inProxy.Add(double.Parse(response.Headers.GetValues("Server-Timing").Single()["total;dur=".Length..], CultureInfo.InvariantCulture));
        }
    }

    private static double Median(Target target, Func<Result, double> of) => Median(target.Results.Select(of));

    private static double Median(IEnumerable<double> values) => Percentile([.. values.Order()], 0.5);

    private static double Percentile(List<double> sorted, double p) => sorted[(int)(p * (sorted.Count - 1))];

    private static TimeSpan ProcessorTimeOf(Process? process)
    {
        process?.Refresh();
        return process?.TotalProcessorTime ?? TimeSpan.Zero;
    }

    private static long WorkingSetOf(Process process)
    {
        process.Refresh();
        return process.WorkingSet64;
    }

    private sealed record Target(string Name, IPEndPoint Requests, IPEndPoint Stream, Process? Process)
    {
        public List<Result> Results { get; } = [];
    }

    /// <param name="P50">Microseconds of a request.</param>
    /// <param name="P99">Microseconds of a request.</param>
    /// <param name="One">GB/s of one connection.</param>
    /// <param name="Many">GB/s of many connections together.</param>
    /// <param name="Cost">Processor seconds of the proxy for each GB.</param>
    private sealed record Result(double P50, double P99, double One, double Many, double Cost);
}
