using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

namespace Back2Code.Bench.Sli;

/// <summary>
/// What the window behind <c>/slo</c> costs each request: the recording alone, the whole way from ASP.NET Core's measurement into the window,
/// and the recording while every core records. Measured by BenchmarkDotNet, in this process: a generated project would have to restore packages.
/// </summary>
public static class SliBench
{
    private const double AllowedNanoseconds = 100;

    /// <summary>Prints the figures; 1 when a limit is missed. Argument: `details` for everything that BenchmarkDotNet has to say.</summary>
    public static int Run(string[] args)
    {
        var folder = Directory.CreateTempSubdirectory("b2c-bench-");
        try
        {
            var config = ManualConfig.CreateEmpty()
                .AddJob(Job.Default.WithToolchain(InProcessNoEmitToolchain.Instance).WithWarmupCount(5).WithIterationCount(15))
                .AddDiagnoser(MemoryDiagnoser.Default)
                .AddColumnProvider(DefaultColumnProviders.Instance)
                .AddLogger(args is ["details"] ? ConsoleLogger.Default : NullLogger.Instance)
                .WithArtifactsPath(folder.FullName);
            Summary summary = BenchmarkRunner.Run<RecordingBenchmarks>(config);
            return Report(summary) ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

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
