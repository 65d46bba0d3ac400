using Back2Code.Slo;

namespace Back2Code.UnitTests.Slo;

/// <summary>OpenSLO files for tests: one that is right, and ways to spoil it.</summary>
internal static class SloText
{
    public const string Valid = """
        apiVersion: openslo/v1
        kind: Service
        metadata: {name: shop, displayName: The shop}
        spec: {description: Sells things.}
        ---
        apiVersion: openslo/v1
        kind: DataSource
        metadata: {name: prometheus}
        spec: {type: prometheus, connectionDetails: {url: "http://127.0.0.1:9090"}}
        ---
        apiVersion: openslo/v1
        kind: SLO
        metadata:
          name: shop-availability
          labels: {team: [web, sales], tier: "1"}
          annotations: {example.com/owner: web}
        spec:
          service: shop
          indicator:
            metadata: {name: shop-answered}
            spec:
              ratioMetric:
                counter: true
                good: {metricSource: {metricSourceRef: prometheus, spec: {query: 'requests_total{code!="5xx"}'}}}
                total: {metricSource: {metricSourceRef: prometheus, spec: {promql: requests_total}}}
          timeWindow: [{duration: 30d, isRolling: true}]
          budgetingMethod: Occurrences
          objectives: [{target: 0.995}]
        """;

    public static SloCatalogue Parse(string text) => SloFiles.Parse(text, "test.yaml");

    /// <summary>The valid text with one passage replaced.</summary>
    public static string With(string passage, string replacement)
    {
        Assert.Contains(passage, Valid, StringComparison.Ordinal);
        return Valid.Replace(passage, replacement, StringComparison.Ordinal);
    }

    public static IReadOnlyList<SloFileError> ErrorsOf(string text) => Assert.Throws<SloFileException>(() => Parse(text)).Errors;
}
