using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Back2Code.Chaos.Proxy;

/// <summary>The process in Prometheus text, under the names that its exporters have agreed on.</summary>
internal static class RuntimeMetrics
{
    public static string Write()
    {
        using var process = Process.GetCurrentProcess();
        var text = new StringBuilder();
        Write(text, "process_cpu_seconds_total", "counter", "Processor time, user and system.", process.TotalProcessorTime.TotalSeconds);
        Write(text, "process_resident_memory_bytes", "gauge", "Memory in use.", process.WorkingSet64);
        Write(text, "process_threads", "gauge", "Threads.", process.Threads.Count);
        Write(text, "process_start_time_seconds", "gauge", "When the process began, since 1970.", new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1e3);
        Write(text, "dotnet_gc_heap_size_bytes", "gauge", "Memory of objects.", GC.GetTotalMemory(forceFullCollection: false));
        Write(text, "dotnet_gc_allocated_bytes_total", "counter", "Memory ever given to objects.", GC.GetTotalAllocatedBytes());
        Write(text, "dotnet_gc_collections_total", "counter", "Garbage collections.", GC.CollectionCount(0));
        return text.ToString();
    }

    private static void Write(StringBuilder text, string metric, string type, string help, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {metric} {help}\n# TYPE {metric} {type}\n{metric} {value}\n");
}
