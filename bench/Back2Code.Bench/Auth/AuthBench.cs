using System.Globalization;
using BenchmarkDotNet.Reports;

namespace Back2Code.Bench.Auth;

/// <summary>
/// What a request pays for its token: the first time that a service sees it and every time after, beside what the framework's ECDSA alone needs for the
/// same bytes in the same run.
/// </summary>
public static class AuthBench
{
    private static readonly Dictionary<string, (double Nanoseconds, long Bytes)> Limits = new()
    {
        [nameof(TokenBenchmarks.FirstSight)] = (60_000, 3_000),
        [nameof(TokenBenchmarks.SeenBefore)] = (1_000, 0),
    };

    /// <summary>Prints the figures; 1 when a limit is missed. Argument: `details` for everything that BenchmarkDotNet has to say.</summary>
    public static int Run(string[] args) => Report(InProcess.Run<TokenBenchmarks>(args)) ? 0 : 1;

    private static bool Report(Summary summary)
    {
        var plain = summary.Reports.FirstOrDefault(report => report.BenchmarkCase.Descriptor.Baseline)?.ResultStatistics?.Mean;
        var met = !summary.HasCriticalValidationErrors && summary.Reports.Length > 0 && plain is not null;
        foreach (var report in summary.Reports)
        {
            var name = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');
            if (report.ResultStatistics is not { } time)
            {
                Console.WriteLine($"auth  {name,-34} failed");
                met = false;
                continue;
            }

            var allocated = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0;
            if (Limits.TryGetValue(report.BenchmarkCase.Descriptor.WorkloadMethod.Name, out var limit))
            {
                met &= time.Mean < limit.Nanoseconds && allocated <= limit.Bytes;
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"auth  {name,-34} {time.Mean / 1_000,7:0.00} µs  ± {time.StandardDeviation / 1_000:0.00}  {allocated,5} B  {time.Mean / plain ?? double.NaN,6:0.000} × ECDSA"));
        }

        Console.WriteLine($"auth  limits: first sight 60 µs and 3,000 B, seen before 1 µs and no allocation: {(met ? "met" : "MISSED")}");
        return met;
    }
}
