using System.Globalization;
using BenchmarkDotNet.Reports;

namespace Back2Code.Bench.Sli;

/// <summary>
/// What the window behind <c>/slo</c> costs each request: the recording alone, the whole way from ASP.NET Core's measurement into the window,
/// and the recording while every core records.
/// </summary>
public static class SliBench
{
    private const double AllowedNanoseconds = 100;

    /// <summary>Prints the figures; 1 when a limit is missed. Argument: `details` for everything that BenchmarkDotNet has to say.</summary>
    public static int Run(string[] args) => Report(InProcess.Run<RecordingBenchmarks>(args)) ? 0 : 1;

    private static bool Report(Summary summary)
    {
        bool met = !summary.HasCriticalValidationErrors && summary.Reports.Length > 0;
        foreach (BenchmarkReport report in summary.Reports)
        {
            string name = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');
            if (report.ResultStatistics is not { } time)
            {
                Console.WriteLine($"sli  {name,-44} failed");
                met = false;
                continue;
            }

            long allocated = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0;
            met &= time.Mean < AllowedNanoseconds && allocated == 0;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sli  {name,-44} {time.Mean,6:0.0} ns  ± {time.StandardDeviation:0.0}  {allocated} B"));
        }

        Console.WriteLine($"sli  limits: {AllowedNanoseconds} ns and no allocation for each request: {(met ? "met" : "MISSED")}");
        return met;
    }
}
