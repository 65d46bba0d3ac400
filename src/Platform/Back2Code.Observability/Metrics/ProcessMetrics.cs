using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Back2Code.Observability;

/// <summary>What the kernel knows of this process, under the names that Prometheus client libraries use.</summary>
internal sealed class ProcessMetrics
{
    public const string MeterName = "Back2Code.Process";

    private readonly TimeProvider time;
    private readonly Process process = Process.GetCurrentProcess();
    private long refreshedAt;

    public ProcessMetrics(IMeterFactory meters, TimeProvider time)
    {
        this.time = time;
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter("process.cpu", () => Fresh().TotalProcessorTime.TotalSeconds, "s", "Processor time, user and system.");
        meter.CreateObservableGauge("process.resident_memory", () => Fresh().WorkingSet64, "By", "Resident memory.");
        meter.CreateObservableGauge("process.virtual_memory", () => Fresh().VirtualMemorySize64, "By", "Virtual memory.");
        meter.CreateObservableGauge("process.threads", () => Fresh().Threads.Count, "{thread}", "Threads of the operating system.");
        meter.CreateObservableGauge(
            "process.start_time", () => (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds, "s", "Start of the process, in seconds since 1970.");
        if (OperatingSystem.IsLinux())
        {
            meter.CreateObservableGauge("process.open_fds", CountDescriptors, "{descriptor}", "Open file descriptors.");
        }
    }

    /// <summary>One refresh serves all instruments of a scrape.</summary>
    private Process Fresh()
    {
        if (refreshedAt == 0 || time.GetElapsedTime(refreshedAt) > TimeSpan.FromMilliseconds(100))
        {
            process.Refresh();
            refreshedAt = time.GetTimestamp();
        }

        return process;
    }

    private static int CountDescriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
}
