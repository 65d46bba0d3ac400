using System.Diagnostics.Metrics;

namespace Back2Code.Observability;

/// <summary>
/// Fills the window from the measurement that ASP.NET Core makes anyway for each request (<c>http.server.request.duration</c>). A middleware of our own
/// would take two more time stamps and, being asynchronous, allocate for each request; this costs one pass over the measurement's tags.
/// Scrapes and health checks, which opt out of that measurement, are thereby not counted.
/// </summary>
internal sealed class SliRecorder : IDisposable
{
    private const string MeterName = "Microsoft.AspNetCore.Hosting";
    private const string InstrumentName = "http.server.request.duration";
    private const string StatusCode = "http.response.status_code";

    private readonly MeterListener _listener = new();

    public SliRecorder(SliWindow window, IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Several hosts in one process (tests) each have a factory of their own.
            if (instrument.Name == InstrumentName && instrument.Meter.Name == MeterName && (instrument.Meter.Scope is not IMeterFactory other || ReferenceEquals(other, meters)))
            {
                listener.EnableMeasurementEvents(instrument, window);
            }
        };
        _listener.SetMeasurementEventCallback<double>(static (_, seconds, tags, state) => ((SliWindow)state!).Record(seconds, IsFailure(tags)));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>5xx, as at the gateway. A request whose handler threw has one as well: the exception handler, or the server itself, sets it.</summary>
    private static bool IsFailure(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (ref readonly KeyValuePair<string, object?> tag in tags)
        {
            if (tag.Key == StatusCode)
            {
                return tag.Value is int and >= 500;
            }
        }

        return false;
    }
}
