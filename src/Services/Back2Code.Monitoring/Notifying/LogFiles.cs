using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Notifying;

/// <summary>The logs of this process, as configured.</summary>
internal sealed class LogFiles(IOptions<MonitoringOptions> options, IOptions<RetentionOptions> retention, TimeProvider time) : IDisposable
{
    public JsonLinesFile? Alerts { get; } = Of(options.Value.AlertLogPath, retention.Value, time);

    public JsonLinesFile? Pager { get; } = Of(options.Value.PagerLogPath, retention.Value, time);

    public IEnumerable<JsonLinesFile> All => new[] { Alerts, Pager }.OfType<JsonLinesFile>();

    public void Dispose()
    {
        foreach (JsonLinesFile file in All)
        {
            file.Dispose();
        }
    }

    private static JsonLinesFile? Of(string? path, RetentionOptions retention, TimeProvider time) => path is { Length: > 0 } ? new JsonLinesFile(path, retention, time) : null;
}
