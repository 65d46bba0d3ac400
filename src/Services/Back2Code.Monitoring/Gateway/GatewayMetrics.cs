using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Gateway;

/// <summary>What users met, counted from the gateway's log. Label values are bounded: a log line can name anything.</summary>
internal sealed class GatewayMetrics
{
    private const int MaximumBackends = 16;
    private const string Other = "other";
    private const string None = "none";

    // 0.5 is the latency objective: only an edge exactly there makes "at most 500 ms" countable.
    internal static readonly double[] Edges = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    private static readonly string[] CodeClasses = ["1xx", "2xx", "3xx", "4xx", "5xx"];

    private readonly Dictionary<string, object?> _backends = new(StringComparer.Ordinal);
    private readonly Dictionary<string, object?>.AlternateLookup<ReadOnlySpan<char>> _backendsByText;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _unparsable;

    public GatewayMetrics(IMeterFactory meters, IOptions<MonitoringOptions> options)
    {
        Meter meter = meters.Create("Back2Code.Monitoring.Gateway");
        _backendsByText = _backends.GetAlternateLookup<ReadOnlySpan<char>>();
        _duration = meter.CreateHistogram(
            "gateway.request.duration", "s", "Time from the first byte of a request to the last byte of its answer, at the gateway.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Edges });
        _requests = meter.CreateCounter<long>("gateway.requests", "{request}", "Requests that the gateway has finished.");
        _unparsable = meter.CreateCounter<long>("gateway.log.unparsable", "{line}", "Lines of the gateway's log that could not be read.");
        foreach (string backend in options.Value.GatewayBackends)
        {
            _backends.TryAdd(backend, backend);
        }
    }

    /// <summary>
    /// Makes the series exist before the first request: an SLO must tell "no requests" from "no metric", and Prometheus cannot see a counter grow
    /// that did not exist at the scrape before. A histogram cannot be made without a value; its one observation is of no method and no answer.
    /// Called when the service starts: what is counted earlier nobody hears.
    /// </summary>
    public void Introduce()
    {
        _unparsable.Add(0);
        foreach (object? name in _backends.Values)
        {
            var backend = new KeyValuePair<string, object?>("backend", name);
            _duration.Record(0, backend, new("method", None), new("code_class", None));
            foreach (string method in (string[])["GET", "POST", "PUT", "DELETE"])
            {
                foreach (string codeClass in (string[])["2xx", "4xx", "5xx"])
                {
                    _requests.Add(0, backend, new("method", method), new("code_class", codeClass));
                }
            }
        }
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
