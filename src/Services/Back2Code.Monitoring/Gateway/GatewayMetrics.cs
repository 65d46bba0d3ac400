using System.Diagnostics.Metrics;
using System.Text;

namespace Back2Code.Monitoring.Gateway;

/// <summary>What users met, counted from the gateway's log. Label values are bounded: a log line can name anything.</summary>
internal sealed class GatewayMetrics
{
    private const int MaximumBackends = 16;
    private const string Other = "other";

    // 0.5 is the latency objective: only an edge exactly there makes "at most 500 ms" countable.
    private static readonly double[] Edges = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    private static readonly string[] CodeClasses = ["1xx", "2xx", "3xx", "4xx", "5xx"];

    private readonly Dictionary<string, object?> _backends = new(StringComparer.Ordinal);
    private readonly Dictionary<string, object?>.AlternateLookup<ReadOnlySpan<char>> _backendsByText;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _unparsable;

    public GatewayMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("Back2Code.Monitoring.Gateway");
        _backendsByText = _backends.GetAlternateLookup<ReadOnlySpan<char>>();
        _duration = meter.CreateHistogram(
            "gateway.request.duration", "s", "Time from the first byte of a request to the last byte of its answer, at the gateway.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Edges });
        _requests = meter.CreateCounter<long>("gateway.requests", "{request}", "Requests that the gateway has finished.");
        _unparsable = meter.CreateCounter<long>("gateway.log.unparsable", "{line}", "Lines of the gateway's log that could not be read.");
        _unparsable.Add(0);
    }

    /// <summary>Counts one datagram. Not thread-safe: one receiver calls it.</summary>
    public void Count(ReadOnlySpan<byte> datagram)
    {
        if (!GatewayLogLine.TryParse(datagram, out GatewayLogLine line))
        {
            _unparsable.Add(1);
            return;
        }

        var backend = new KeyValuePair<string, object?>("backend", BackendLabel(line.Backend));
        var method = new KeyValuePair<string, object?>("method", Known(line.Method));
        var codeClass = new KeyValuePair<string, object?>("code_class", line.Status < 0 ? Other : CodeClasses[(line.Status / 100) - 1]);
        _duration.Record(line.TotalMilliseconds / 1000d, backend, method, codeClass);
        _requests.Add(1, backend, method, codeClass);
    }

    private static string Known(ReadOnlySpan<byte> method)
    {
        foreach (string name in Methods)
        {
            if (Ascii.Equals(method, name))
            {
                return name;
            }
        }

        return Other;
    }

    private object? BackendLabel(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[64];
        if (name.Length > text.Length || !Ascii.IsValid(name))
        {
            return Other;
        }

        Ascii.ToUtf16(name, text, out int length);
        if (_backendsByText.TryGetValue(text[..length], out object? known))
        {
            return known;
        }

        if (_backends.Count >= MaximumBackends)
        {
            return Other;
        }

        string label = new(text[..length]);
        _backends.Add(label, label);
        return label;
    }
}
