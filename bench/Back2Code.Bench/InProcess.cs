using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

namespace Back2Code.Bench;

/// <summary>BenchmarkDotNet, quiet and in this process: a generated project would have to restore packages.</summary>
internal static class InProcess
{
    /// <summary>Runs the benchmarks of a class; nothing is left on the disk. Argument: `details` for everything that BenchmarkDotNet has to say.</summary>
    public static Summary Run<T>(string[] args)
    {
        var folder = Directory.CreateTempSubdirectory("b2c-bench-");
        try
        {
            return BenchmarkRunner.Run<T>(ManualConfig.CreateEmpty()
                .AddJob(Job.Default.WithToolchain(InProcessNoEmitToolchain.Instance).WithWarmupCount(5).WithIterationCount(15))
                .AddDiagnoser(MemoryDiagnoser.Default)
                .AddColumnProvider(DefaultColumnProviders.Instance)
                .AddLogger(args is ["details"] ? ConsoleLogger.Default : NullLogger.Instance)
                .WithArtifactsPath(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
