using System.Diagnostics;
using System.Globalization;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Linux;

namespace Back2Code.Bench.Platform;

/// <summary>
/// What the whole platform costs: from the command to everything ready, with an empty state folder (a database is made) and with one that has been used;
/// the memory of every process when nobody asks anything of it; and how long Ctrl-C takes. The platform is the real one, on a free range of ports.
/// </summary>
public static class PlatformBench
{
    private const double AllowedStartSeconds = 15;
    private const double AllowedMemoryMebibytes = 1024;
    private const double AllowedStopSeconds = 10;

    /// <summary>Prints the figures; 1 when a limit is missed. Argument: seconds to stay idle before memory is measured.</summary>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var idle = TimeSpan.FromSeconds(args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 20);
        var folder = Directory.CreateTempSubdirectory("b2c-bench-");
        // The user that root's children run as must be able to enter.
        folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        var options = new PlatformOptions { Home = Home(), StateDirectory = Path.Combine(folder.FullName, "state"), PortBase = null };
        try
        {
            var (coldStart, coldStop, _) = await RunOnceAsync(options, TimeSpan.Zero, cancellationToken);
            Console.WriteLine($"platform  start, empty state folder  {coldStart,7:0.0} s");
            var (start, stop, memory) = await RunOnceAsync(options, idle, cancellationToken);
            Console.WriteLine($"platform  start, used state folder   {start,7:0.0} s");
            Console.WriteLine($"platform  stop                       {Math.Max(stop, coldStop),7:0.0} s");
            foreach (var (name, mebibytes) in memory)
            {
                Console.WriteLine($"platform  idle PSS  {name,-16} {mebibytes,7:0.0} MiB");
            }

            var sum = memory.Sum(m => m.Mebibytes);
            Console.WriteLine($"platform  idle PSS  {"all together",-16} {sum,7:0.0} MiB");

            var met = coldStart <= AllowedStartSeconds && start <= AllowedStartSeconds
                && Math.Max(stop, coldStop) <= AllowedStopSeconds && sum <= AllowedMemoryMebibytes;
            Console.WriteLine($"platform  limits: start {AllowedStartSeconds} s, memory {AllowedMemoryMebibytes} MiB, stop {AllowedStopSeconds} s: {(met ? "met" : "MISSED")}");
            return met ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<(double Start, double Stop, IReadOnlyList<(string Name, double Mebibytes)> Memory)> RunOnceAsync(
        PlatformOptions options, TimeSpan idle, CancellationToken cancellationToken)
    {
        // The clock starts before the program does: what counts is what a person waits for.
        var began = Stopwatch.GetTimestamp();
        using var lab = StartLab(options);
        try
        {
            while (await lab.StandardOutput.ReadLineAsync(cancellationToken) is { } line && !line.StartsWith("The platform runs", StringComparison.Ordinal))
            {
                // Progress.
            }

            if (lab.HasExited)
            {
                throw new LabException("The platform did not start.");
            }

            var start = Stopwatch.GetElapsedTime(began).TotalSeconds;
            await Task.Delay(idle, cancellationToken);
            var memory = await MeasureAsync(options, cancellationToken);
            began = Stopwatch.GetTimestamp();
            await Back2Code.Lab.Supervision.Platform.StopAsync(options, cancellationToken);
            return (start, Stopwatch.GetElapsedTime(began).TotalSeconds, memory);
        }
        finally
        {
            // Its children go with it.
            lab.Kill();
        }
    }

    private static async Task<IReadOnlyList<(string Name, double Mebibytes)>> MeasureAsync(PlatformOptions options, CancellationToken cancellationToken)
    {
        using var client = await LabClient.TryConnectAsync(options.EffectiveStateDirectory, cancellationToken)
            ?? throw new LabException("The platform is gone.");
        var status = await client.GetStatusAsync(cancellationToken);
        return
        [
            ("lab", (ProcFs.PssBytes(status.LabPid) ?? 0) / 1048576.0),
            .. status.Processes.Select(p => (p.Name, (p.MemoryBytes ?? 0) / 1048576.0)),
        ];
    }

    private static Process StartLab(PlatformOptions options)
    {
        var start = new ProcessStartInfo(
            "dotnet",
            [Path.Combine(options.Home, "artifacts/bin/Back2Code.Cli/release/back2code.dll"), "up", "--state", options.EffectiveStateDirectory, "--port-base", "auto"])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["BACK2CODE_HOME"] = options.Home;
        start.Environment["DOTNET_TieredPGO"] = "0";
        return Process.Start(start)!;
    }

    private static string Home()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "topology.yaml")))
            {
                return folder;
            }
        }

        throw new LabException("There is no topology.yaml above the benchmarks.");
    }
}
