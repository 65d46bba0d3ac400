using Back2Code.Slo;

namespace Back2Code.UnitTests.Slo;

public sealed class ReadingTests
{
    [Fact]
    public void Everything_that_is_written_is_read()
    {
        SloCatalogue catalogue = SloText.Parse(SloText.Valid);

        ServiceLevelObjective slo = Assert.Single(catalogue.Objectives);
        Assert.Equal(("shop-availability", "shop", 11), (slo.Name, slo.Service, slo.Source.Line));
        Assert.Equal(0.995m, slo.Targets[0].Target);
        Assert.Equal(TimeSpan.FromDays(30), slo.Window.Duration.Length);
        Assert.Equal("requests_total{code!=\"5xx\"}", slo.Indicator!.Good!.Query);
        Assert.True(slo.Indicator.Total!.IsPrometheus);
        Assert.Equal("The shop", Assert.Single(catalogue.Services).DisplayName);
        Assert.Equal("prometheus", Assert.Single(catalogue.DataSources).Type);
    }

    [Fact]
    public void Target_in_percent_is_exact() =>
        Assert.Equal(0.9995m, SloText.Parse(SloText.With("target: 0.995", "targetPercent: 99.95")).Objectives[0].Targets[0].Target);

    [Fact]
    public void Objects_may_stand_in_a_list()
    {
        const string text = """
            - {apiVersion: openslo/v1, kind: Service, metadata: {name: a}, spec: {}}
            - {apiVersion: openslo/v1, kind: Service, metadata: {name: b}, spec: {}}
            """;

        Assert.Equal(["a", "b"], SloText.Parse(text).Services.Select(s => s.Name));
    }

    [Fact]
    public void References_cross_files_in_any_order()
    {
        string folder = Directory.CreateTempSubdirectory("b2c-slo-").FullName;
        string[] documents = SloText.Valid.Split("---\n");
        for (int i = 0; i < documents.Length; i++)
        {
            File.WriteAllText(Path.Combine(folder, $"{documents.Length - i}.yaml"), documents[i]);
        }

        SloCatalogue catalogue = SloFiles.Load(folder);

        Directory.Delete(folder, recursive: true);
        Assert.Single(catalogue.Objectives);
    }

    [Fact]
    public void Anchors_work()
    {
        const string text = """
            apiVersion: openslo/v1
            kind: Service
            metadata:
              name: &name x
              displayName: *name
            spec: {}
            """;

        Assert.Equal("x", Assert.Single(SloText.Parse(text).Services).DisplayName);
    }

    [Fact]
    public void All_kinds_are_read()
    {
        const string more = """

            ---
            apiVersion: openslo/v1
            kind: AlertNotificationTarget
            metadata: {name: on-call}
            spec: {target: email, description: Wakes somebody.}
            ---
            apiVersion: openslo/v1
            kind: AlertCondition
            metadata: {name: burns}
            spec: {severity: page, condition: {kind: burnrate, op: gt, threshold: 2, lookbackWindow: 1h, alertAfter: 5m}}
            ---
            apiVersion: openslo/v1
            kind: AlertPolicy
            metadata: {name: page}
            spec: {alertWhenBreaching: true, conditions: [{conditionRef: burns}], notificationTargets: [{targetRef: on-call}]}
            ---
            apiVersion: openslo/v1
            kind: SLI
            metadata: {name: slow}
            spec: {thresholdMetric: {metricSource: {type: redshift, spec: {query: SELECT 1, region: x}}}}
            ---
            apiVersion: openslo/v1
            kind: SLO
            metadata: {name: shop-slow}
            spec:
              service: shop
              indicatorRef: slow
              timeWindow: [{duration: 1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}, isRolling: false}]
              budgetingMethod: Timeslices
              objectives: [{op: lte, value: 1.5, target: 0.9, timeSliceTarget: 0.95, timeSliceWindow: 5}]
              alertPolicies:
                - alertPolicyRef: page
                - kind: AlertPolicy
                  metadata: {name: inline}
                  spec:
                    conditions: [{kind: AlertCondition, metadata: {name: c}, spec: {severity: ticket, condition: {threshold: 1, lookbackWindow: 3d}}}]
                    notificationTargets: [{metadata: {name: t}, spec: {target: slack}}]
            """;

        ServiceLevelObjective slo = SloText.Parse(SloText.Valid + more).Objectives[1];

        Assert.Equal(new DurationShorthand(5, 'm'), slo.Targets[0].TimeSliceWindow);
        Assert.Equal("UTC", slo.Window.TimeZone);
        Assert.Null(slo.Window.Duration.Length);
        Assert.NotNull(slo.Indicator!.Threshold);
        Assert.Equal(["page", "inline"], slo.AlertPolicies.Select(p => p.Name));
        Assert.Equal(("gt", "gte"), (slo.AlertPolicies[0].Condition.Operator, slo.AlertPolicies[1].Condition.Operator));
    }

    [Theory]
    [InlineData("5m", 5 * 60)]
    [InlineData("12h", 12 * 3600)]
    [InlineData("30d", 30 * 86400)]
    [InlineData("4w", 28 * 86400)]
    public void Durations_with_a_fixed_length_have_it(string text, int seconds)
    {
        Assert.True(DurationShorthand.TryParse(text, out DurationShorthand duration));

        Assert.Equal(TimeSpan.FromSeconds(seconds), duration.Length);
        Assert.Equal(text, duration.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("d")]
    [InlineData("30")]
    [InlineData("30 d")]
    [InlineData("-1d")]
    [InlineData("1.5h")]
    [InlineData("1h30m")]
    [InlineData("30D")]
    [InlineData("30y")]
    [InlineData("99999999999d")]
    public void Durations_in_another_form_are_refused(string text) => Assert.False(DurationShorthand.TryParse(text, out _));
}
