namespace Back2Code.Slo;

internal sealed partial class OpenSloReader
{
    private ServiceLevelIndicator InlineIndicator(StrictMap map)
    {
        // Some published files put the spec's fields without metadata; the specification's own example has both.
        Metadata meta = Meta(map);
        StrictMap? spec = map.RequiredMap("spec");
        map.Close();
        if (spec is null)
        {
            return new ServiceLevelIndicator { Name = meta.Name, Source = map.Line };
        }

        ServiceLevelIndicator indicator = Indicator(meta, spec);
        spec.Close();
        return indicator;
    }

    private ServiceLevelIndicator Indicator(Metadata meta, StrictMap spec)
    {
        Description(spec);
        StrictMap? threshold = spec.Map("thresholdMetric");
        StrictMap? ratio = spec.Map("ratioMetric");
        var indicator = new ServiceLevelIndicator { Name = meta.Name, Source = spec.Line };
        if (spec.Has("thresholdMetric") == spec.Has("ratioMetric"))
        {
            spec.Error($"{spec} needs exactly one of thresholdMetric and ratioMetric");
        }

        if (threshold is not null)
        {
            indicator = indicator with { Threshold = SourceIn(threshold) };
            threshold.Close();
        }

        if (ratio is not null)
        {
            indicator = Ratio(ratio, indicator);
            ratio.Close();
        }

        return indicator;
    }

    private ServiceLevelIndicator Ratio(StrictMap ratio, ServiceLevelIndicator indicator)
    {
        bool? counter = ratio.Flag("counter");
        MetricSource? good = Part(ratio, "good"), bad = Part(ratio, "bad"), total = Part(ratio, "total"), raw = Part(ratio, "raw");
        string? rawType = ratio.OneOf("rawType", "success", "failure");

        bool isRaw = ratio.Has("raw");
        bool isPair = ratio.Has("total") && ratio.Has("good") != ratio.Has("bad");
        bool pairFields = ratio.Has("total") || ratio.Has("good") || ratio.Has("bad");
        if (isRaw ? pairFields : !isPair)
        {
            ratio.Error($"{ratio} needs good and total, or bad and total, or raw with rawType; not a mix");
        }

        if (isRaw != ratio.Has("rawType"))
        {
            ratio.Error($"{ratio}: raw and rawType (success or failure) belong together");
        }

        return indicator with { Good = good, Bad = bad, Total = total, Raw = raw, RawIsFailure = rawType == "failure", IsCounter = counter ?? false };
    }

    private MetricSource? Part(StrictMap ratio, string field)
    {
        if (ratio.Map(field) is not { } map)
        {
            return null;
        }

        MetricSource? source = SourceIn(map);
        map.Close();
        return source;
    }

    private MetricSource? SourceIn(StrictMap owner)
    {
        if (owner.RequiredMap("metricSource") is not { } map)
        {
            return null;
        }

        string? reference = map.Text("metricSourceRef");
        string? type = map.Text("type");
        SloDataSource? dataSource = reference is null ? null : Resolve(map, "metricSourceRef", "DataSource", reference, _dataSources);
        if (type is null && reference is null)
        {
            map.Error($"{map} needs a type, or a metricSourceRef that names a DataSource");
        }
        else if (type is not null && dataSource is not null && !type.Equals(dataSource.Type, StringComparison.OrdinalIgnoreCase))
        {
            map.ErrorAt("type", $"{map}.type is '{type}' but DataSource '{reference}' is of type '{dataSource.Type}'");
        }

#pragma warning disable CA1308 // a key that people write in lower case, never shown as an upper-case name
        string actual = (type ?? dataSource?.Type ?? "").ToLowerInvariant();
#pragma warning restore CA1308
        string query = "";
        if (actual != "prometheus")
        {
            map.Anything("spec");
        }
        else if (map.RequiredMap("spec") is { } spec)
        {
            query = Query(spec);
        }

        map.Close();
        return new MetricSource(actual, query, map.Line);
    }

    /// <summary>OpenSLO leaves the key open. The specification's examples say <c>query</c>, others say <c>promql</c>; anything else is refused.</summary>
    private static string Query(StrictMap spec)
    {
        string? query = spec.Text("query"), promql = spec.Text("promql");
        spec.Close();
        if ((query is null) == (promql is null))
        {
            spec.Error($"{spec} of a Prometheus metric needs exactly one of query and promql");
        }

        return query ?? promql ?? "";
    }
}
