using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Back2Code.Lab.Traffic;

namespace Back2Code.Bench.Traffic;

/// <summary>
/// How far the generator itself can be trusted: how late its requests leave, what processor it takes from the platform beside it, the rate at which it stops
/// keeping its schedule, and what recording a latency costs. The generator is the real process; the notes service beside it does next to nothing, on the same cores.
/// </summary>
public static class TrafficBench
{
    private const double AllowedCpuPercentAt120 = 25;
    private const double AllowedBehindP99Ms = 2;
    private const double AllowedHistogramError = 0.01;

    private static readonly Dictionary<string, string> Untuned = [];

    /// <summary>Prints the figures; 1 when a limit is missed.</summary>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        int seconds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10;
        bool histogramMet = MeasureHistogram();

        using var notes = new QuickNotes();
        var at120 = await RunGeneratorAsync(notes.Address, 120, seconds, cancellationToken);
        Print(at120, 120);
        var at1000 = await RunGeneratorAsync(notes.Address, 1_000, seconds, cancellationToken);
        Print(at1000, 1_000);
        foreach (double rate in new[] { 120, 1_000.0 })
        {
            Print(await RunGeneratorAsync(notes.Address, rate, seconds, cancellationToken, Untuned), rate, "   with the runtime's own settings");
        }

        await FindHighestRateAsync(notes.Address, seconds, cancellationToken);

        bool met = histogramMet && at120.GeneratorCpuPercent < AllowedCpuPercentAt120 && at120.BehindP99Ms < AllowedBehindP99Ms && at1000.BehindP99Ms < AllowedBehindP99Ms;
        Console.WriteLine($"traffic  limits: {AllowedCpuPercentAt120} % of a core at 120/s, departures p99 {AllowedBehindP99Ms} ms at 120/s and 1000/s, histogram error {AllowedHistogramError:P0}: {(met ? "met" : "MISSED")}");
        return met ? 0 : 1;
    }

    private static bool MeasureHistogram()
    {
        const int Records = 20_000_000;

        var random = new Random(1);
        long[] durations = new long[1 << 16];
        for (int i = 0; i < durations.Length; i++)
        {
            // 100 µs to 1 s, as many in each octave.
            durations[i] = (long)(100_000 * Math.Pow(10_000, random.NextDouble()));
        }

        var histogram = new LatencyHistogram();
        double best = double.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < Records; i++)
            {
                histogram.Record(durations[i & 0xFFFF]);
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalNanoseconds / Records);
        }

        var exact = new LatencyHistogram();
        foreach (long duration in durations)
        {
            exact.Record(duration);
        }

        Array.Sort(durations);
        double worst = Enumerable.Range(1, 1000).Max(permille =>
        {
            long truth = durations[Math.Max(1, (int)Math.Ceiling(permille / 1000.0 * durations.Length)) - 1];
            return Math.Abs(exact.QuantileNs(permille / 1000.0)!.Value - truth) / (double)truth;
        });
        Console.WriteLine($"traffic  histogram    {best,8:0.0} ns a record, worst error of 1000 quantiles {worst:P2}");
        return worst <= AllowedHistogramError;
    }

    private static async Task FindHighestRateAsync(Uri target, int seconds, CancellationToken cancellationToken)
    {
        double kept = 0;
        foreach (double rate in new[] { 2_000, 3_000, 4_000, 6_000, 8_000, 10_000, 12_000, 16_000, 20_000.0 })
        {
            var summary = await RunGeneratorAsync(target, rate, Math.Min(seconds, 5), cancellationToken);
            Print(summary, rate);
            if (summary.SecondsBehind > 0 || summary.Failed > 0)
            {
                break;
            }

            kept = rate;
        }

        Console.WriteLine($"traffic  highest rate {kept,8:0} /s with no second in which a request left over 20 ms late");
    }

    private static async Task<TrafficSummary> RunGeneratorAsync(Uri target, double rate, int seconds, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null)
    {
        // artifacts/bin/Back2Code.Bench/release/ -> artifacts/bin/Back2Code.Cli/release/
        string cli = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Back2Code.Cli", "release", "back2code.dll"));
        if (!File.Exists(cli))
        {
            throw new FileNotFoundException($"Build src/Lab/Back2Code.Cli in Release first: there is no {cli}");
        }

        string ledger = Path.Combine(Path.GetTempPath(), $"b2c-bench-{Guid.NewGuid():N}.jsonl");
        try
        {
            string[] command =
            [
                cli, "traffic", "run", "--target", target.ToString(), "--tokens", "-", "--ledger", ledger, "--rate", rate.ToString(CultureInfo.InvariantCulture),
                "--warmup", "3s", "--duration", $"{seconds}s", "--json",
            ];
            var start = new ProcessStartInfo("dotnet", command) { RedirectStandardInput = true, RedirectStandardOutput = true };
            foreach (string name in TrafficEnvironment.Variables.Keys)
            {
                // The launcher sets one of them for itself.
                start.Environment.Remove(name);
            }

            foreach (var (name, value) in environment ?? TrafficEnvironment.Variables)
            {
                start.Environment[name] = value;
            }

            using var process = Process.Start(start)!;
            await process.StandardInput.WriteAsync(JsonSerializer.Serialize(Enumerable.Range(1, 20).ToDictionary(i => $"user-{i}", i => $"token-{i}")));
            process.StandardInput.Close();
            string last = "";
            while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                last = line;
            }

            await process.WaitForExitAsync(cancellationToken);
            return JsonSerializer.Deserialize(last, TrafficJson.Default.TrafficSummary) ?? throw new InvalidOperationException("The generator ended without a summary.");
        }
        finally
        {
            File.Delete(ledger);
        }
    }

    private static void Print(TrafficSummary s, double rate, string remark = "") => Console.WriteLine(
        $"traffic  {rate,6:0} /s    departures late: p99 {s.BehindP99Ms,7:0.000} ms, most {s.BehindMs,7:0.000} ms   response p50 {s.LatencyMs.P50,6:0.000} p99 {s.LatencyMs.P99,7:0.000} ms   {s.GeneratorCpuPercent,5:0.0} % of a core   {s.Failed} of {s.Total} failed{remark}");
}
