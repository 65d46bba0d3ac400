using Back2Code.Slo;

namespace Back2Code.IntegrationTests.Slo;

/// <summary>The same generator without scaling: what a production Prometheus would load.</summary>
public sealed class ProductionRuleTests
{
    private static readonly string Rules = PrometheusRules.Render(
        SloFiles.Parse("""
            - {apiVersion: openslo/v1, kind: Service, metadata: {name: shop, displayName: 'The "shop" of {{ braces }} & Söhne'}, spec: {}}
            - apiVersion: openslo/v1
              kind: SLO
              metadata: {name: shop, displayName: "It's {{ .Labels }} \"quoted\""}
              spec:
                service: shop
                indicator:
                  metadata: {name: answered}
                  spec:
                    ratioMetric:
                      counter: true
                      bad: {metricSource: {type: Prometheus, spec: {query: 'requests_total{code=~"5.."}'}}}
                      total: {metricSource: {type: Prometheus, spec: {query: requests_total}}}
                timeWindow: [{duration: 4w, isRolling: true}]
                budgetingMethod: Occurrences
                objectives: [{targetPercent: 99}]
            """),
        new RuleOptions { EvaluationInterval = TimeSpan.FromSeconds(60), ScrapeInterval = TimeSpan.FromSeconds(60) });

    [Fact]
    public Task An_hour_of_twenty_per_cent_pages_and_stops_within_minutes() => Promtool.TestAsync(Rules, """
        rule_files: [rules.yaml]
        evaluation_interval: 1m
        tests:
          - interval: 1m
            input_series:
              - {series: 'requests_total{code="200"}', values: '0+600x120 72480+480x60 101280+600x120'}
              - {series: 'requests_total{code="503"}', values: '0+0x120 120+120x60 7320+0x120'}
            promql_expr_test:
              - {expr: 'count(ALERTS{alertname="ShopFastBurn"}) or vector(0)', eval_time: 120m, exp_samples: [{labels: '{}', value: 0}]}
              - {expr: 'count(ALERTS{alertname="ShopFastBurn"}) or vector(0)', eval_time: 180m, exp_samples: [{labels: '{}', value: 1}]}
              - {expr: 'count(ALERTS{alertname="ShopFastBurn"}) or vector(0)', eval_time: 220m, exp_samples: [{labels: '{}', value: 0}]}
              - {expr: 'round(slo:errors:ratio_rate5m, 0.001)', eval_time: 170m, exp_samples: [{labels: '{slo="shop",service="shop"}', value: 0.2}]}
        """);

    /// <summary>Over several blocks of an hour, with twenty minutes of which nothing was scraped.</summary>
    [Fact]
    public Task Weeks_are_counted_to_the_event() => Promtool.TestAsync(Rules, """
        rule_files: [rules.yaml]
        evaluation_interval: 2m
        tests:
          - interval: 2m
            input_series:
              - {series: 'requests_total{code="200"}', values: '0+990x300 _x10 307890+990x490'}
              - {series: 'requests_total{code="503"}', values: '0+10x300 _x10 3110+10x490'}
            promql_expr_test:
              - {expr: 'round(slo:total:increase28d, 0.01)', eval_time: 600m, exp_samples: [{labels: '{slo="shop",service="shop"}', value: 300000}]}
              - {expr: 'round(slo:total:increase28d, 0.01)', eval_time: 1500m, exp_samples: [{labels: '{slo="shop",service="shop"}', value: 750000}]}
              - {expr: 'round(slo:good:increase28d, 0.01)', eval_time: 1500m, exp_samples: [{labels: '{slo="shop",service="shop"}', value: 742500}]}
              - {expr: 'round(slo:errors:ratio_rate28d, 0.0001)', eval_time: 1500m, exp_samples: [{labels: '{slo="shop",service="shop"}', value: 0.01}]}
              - {expr: 'round(slo:coverage:ratio, 0.001)', eval_time: 1500m, exp_samples: [{labels: '{slo="shop",service="shop"}', value: 0.037}]}
        """);
}
