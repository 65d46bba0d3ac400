using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Back2Code.Observability;

/// <summary>What the kernel knows of this process, under the names that Prometheus client libraries use.</summary>
internal sealed class ProcessMetrics
{
    public const string MeterName = "Back2Code.Process";

    private readonly TimeProvider _time;
    private readonly Process _process = Process.GetCurrentProcess();
    private long _refreshedAt;

    public ProcessMetrics(IMeterFactory meters, TimeProvider time)
    {
        this._time = time;
        var meter = meters.Create(MeterName);
        meter.CreateObservableCounter("process.cpu", () => Fresh().TotalProcessorTime.TotalSeconds, "s", "Processor time, user and system.");
        meter.CreateObservableGauge("process.resident_memory", () => Fresh().WorkingSet64, "By", "Resident memory.");
        meter.CreateObservableGauge("process.virtual_memory", () => Fresh().VirtualMemorySize64, "By", "Virtual memory.");
        meter.CreateObservableGauge("process.threads", () => Fresh().Threads.Count, "{thread}", "Threads of the operating system.");
        meter.CreateObservableGauge(
            "process.start_time", () => (_process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds, "s", "Start of the process, in seconds since 1970.");
        meter.CreateObservableGauge(
            "back2code.clock", () => _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, "s", "This process's own clock, in seconds since 1970: beside the time of the scrape it shows how far it is off.");
        if (OperatingSystem.IsLinux())
        {
            meter.CreateObservableGauge("process.open_fds", CountDescriptors, "{descriptor}", "Open file descriptors.");
        }
    }

    /// <summary>One refresh serves all instruments of a scrape.</summary>
    private Process Fresh()
    {
        if (_refreshedAt == 0 || _time.GetElapsedTime(_refreshedAt) > TimeSpan.FromMilliseconds(100))
        {
            _process.Refresh();
            _refreshedAt = _time.GetTimestamp();
        }

        return _process;
    }

    private static int CountDescriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
}
