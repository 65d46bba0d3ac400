using System.Globalization;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Back2Code.Observability;

/// <summary>
/// Turns what the OpenTelemetry SDK collected into Prometheus text. Runs only inside a scrape: the reader is told to collect,
/// the SDK calls <see cref="Export"/>, the text is taken. One scrape at a time.
/// </summary>
internal sealed class PrometheusExporter(ServiceIdentity service) : BaseExporter<Metric>
{
    private readonly PrometheusText _text = new();

    public ReadOnlyMemory<byte> Text => _text.Written;

    public override ExportResult Export(in Batch<Metric> batch)
    {
        _text.Clear();
        _text.Family("target_info", "gauge", "The process that these metrics come from.");
        _text.Sample("target_info", "", PrometheusText.Labels(
        [
            new("service.name", service.Name),
            new("service.instance.id", service.Instance),
            new("service.version", service.Version),
        ], histogram: false), 1);

        // Several meters may hold an instrument of the same name. A family may stand only once in the text, so they are gathered.
        var families = new Dictionary<string, List<Metric>>(StringComparer.Ordinal);
        foreach (var metric in batch)
        {
            if (TypeOf(metric) is { } type)
            {
                var name = PrometheusNames.Metric(metric.Name, metric.Unit, counter: type == "counter", gauge: type == "gauge");
                if (!families.TryGetValue(name, out var family))
                {
                    families[name] = family = [];
                }

                family.Add(metric);
            }
        }

        foreach (var (name, metrics) in families)
        {
            Write(name, metrics);
        }

        return ExportResult.Success;
    }

    private void Write(string name, List<Metric> metrics)
    {
        var type = TypeOf(metrics[0])!;
        var help = metrics[0].Description is { Length: > 0 } description ? description : $"{metrics[0].Name} of the meter {metrics[0].MeterName}.";
        _text.Family(name, type, help);

        // The same series twice makes Prometheus refuse the whole scrape; the first one wins.
        var seen = metrics.Count > 1 ? new HashSet<string>(StringComparer.Ordinal) : null;
        foreach (var metric in metrics)
        {
            if (TypeOf(metric) != type)
            {
                continue;
            }

            foreach (ref readonly var point in metric.GetMetricPoints())
            {
                var labels = PrometheusText.Labels(TagsOf(point), histogram: type == "histogram");
                if (seen is null || seen.Add(labels))
                {
                    Write(name, labels, metric.MetricType, point);
                }
            }
        }
    }

    private void Write(string name, string labels, MetricType type, in MetricPoint point)
    {
        switch (type)
        {
            case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                _text.Sample(name, "", labels, point.GetSumLong());
                break;
            case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                _text.Sample(name, "", labels, point.GetSumDouble());
                break;
            case MetricType.LongGauge:
                _text.Sample(name, "", labels, point.GetGaugeLastValueLong());
                break;
            case MetricType.DoubleGauge:
                _text.Sample(name, "", labels, point.GetGaugeLastValueDouble());
                break;
            case MetricType.Histogram:
                WriteHistogram(name, labels, point);
                break;
            default:
                throw new System.Diagnostics.UnreachableException(type.ToString());
        }
    }

    private void WriteHistogram(string name, string labels, in MetricPoint point)
    {
        // The buckets of Prometheus are cumulative, those of OpenTelemetry are not.
        long cumulative = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            cumulative += bucket.BucketCount;
            var le = double.IsPositiveInfinity(bucket.ExplicitBound) ? "+Inf" : bucket.ExplicitBound.ToString("R", CultureInfo.InvariantCulture);
            _text.Sample(name, "_bucket", labels, cumulative, le);
        }

        _text.Sample(name, "_sum", labels, point.GetHistogramSum());
        _text.Sample(name, "_count", labels, point.GetHistogramCount());
    }

    private static List<KeyValuePair<string, object?>> TagsOf(in MetricPoint point)
    {
        var tags = new List<KeyValuePair<string, object?>>(point.Tags.Count);
        foreach (var tag in point.Tags)
        {
            tags.Add(tag);
        }

        return tags;
    }

    /// <summary>Null for exponential histograms: the text format cannot hold them, and nothing here makes any.</summary>
    private static string? TypeOf(Metric metric) => metric.MetricType switch
    {
        MetricType.LongSum or MetricType.DoubleSum => "counter",
        MetricType.LongGauge or MetricType.DoubleGauge or MetricType.LongSumNonMonotonic or MetricType.DoubleSumNonMonotonic => "gauge",
        MetricType.Histogram => "histogram",
        _ => null,
    };
}
