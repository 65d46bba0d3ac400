using Back2Code.Slo;

namespace Back2Code.UnitTests.Slo;

/// <summary>Each mistake is named, with its line and what is allowed instead.</summary>
public sealed class StrictnessTests
{
    [Theory]
    [InlineData("service: shop", "service: shop\n  owner: me", 19, "unknown field 'owner' in SLO.spec; allowed: ")]
    [InlineData("target: 0.995", "target: 0.995, goal: 1", 28, "unknown field 'goal'")]
    [InlineData("service: shop", "service: show", 18, "names the Service 'show', which no file defines; there are: shop")]
    [InlineData("good: {metricSource: {metricSourceRef: prometheus", "good: {metricSource: {metricSourceRef: graphite", 24, "names the DataSource 'graphite'")]
    [InlineData("target: 0.995", "target: 99.5", 28, "allowed: 0 to below 1 (for percent use targetPercent)")]
    [InlineData("target: 0.995", "target: 1", 28, "allowed: 0 to below 1")]
    [InlineData("target: 0.995", "target: high", 28, "must be a number, not 'high'")]
    [InlineData("target: 0.995", "target: '0.995'", 28, "must be a number")]
    [InlineData("target: 0.995", "displayName: x", 28, "exactly one of target")]
    [InlineData("target: 0.995", "target: 0.995, targetPercent: 99.5", 28, "exactly one of target")]
    [InlineData("target: 0.995", "target: 0.995, op: lte, value: 1", 28, "op and value belong to a thresholdMetric")]
    [InlineData("target: 0.995", "target: 0.995, timeSliceWindow: 5m", 28, "timeSliceWindow and budgetingMethod")]
    [InlineData("duration: 30d", "duration: 30 days", 26, "allowed: a positive integer and one of m (minutes)")]
    [InlineData("duration: 30d", "duration: 0d", 26, "allowed: a positive integer")]
    [InlineData("isRolling: true", "isRolling: yes", 26, "must be true or false, not 'yes'")]
    [InlineData("[{duration: 30d, isRolling: true}]", "[]", 18, "must hold exactly one window")]
    [InlineData("[{duration: 30d, isRolling: true}]", "{duration: 30d}", 26, "must be a list")]
    [InlineData("[{duration: 30d, isRolling: true}]", "[{duration: 1M, calendar: {startTime: 2026-01-01T00:00:00Z, timeZone: UTC}}]", 26, "a local time like")]
    [InlineData("[{duration: 30d, isRolling: true}]", "[{duration: 1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: Mars/Base}}]", 26, "not a time zone")]
    [InlineData("budgetingMethod: Occurrences", "budgetingMethod: Occurences", 27, "allowed: Occurrences, Timeslices, RatioTimeslices")]
    [InlineData("counter: true", "counter: true\n        bad: {metricSource: {type: prometheus, spec: {query: x}}}", 23, "good and total, or bad and total, or raw")]
    [InlineData("spec: {promql: requests_total}", "spec: {sql: SELECT 1}", 25, "unknown field 'sql'")]
    [InlineData("name: shop-availability", "name: Shop_Availability", 14, "not an RFC 1123 label")]
    [InlineData("apiVersion: openslo/v1\nkind: SLO", "apiVersion: openslo/v1alpha\nkind: SLO", 11, "openslo/v1alpha is not read: write openslo/v1")]
    [InlineData("apiVersion: openslo/v1\nkind: SLO", "apiVersion: openslo.com/v2alpha\nkind: SLO", 11, "still a draft: write openslo/v1")]
    [InlineData("apiVersion: openslo/v1\nkind: SLO", "apiVersion: v1\nkind: SLO", 11, "allowed: openslo/v1")]
    [InlineData("kind: SLO", "kind: Slo", 12, "allowed: Service, DataSource, SLI")]
    [InlineData("metadata: {name: prometheus}", "metadata: {name: prometheus}\nextra: 1", 9, "unknown field 'extra' in DataSource; allowed: apiVersion, kind, metadata, spec")]
    public void A_mistake_is_reported_where_it_stands(string passage, string replacement, int line, string message)
    {
        IReadOnlyList<SloFileError> errors = SloText.ErrorsOf(SloText.With(passage, replacement));

        Assert.Contains(errors, e => e.File == "test.yaml" && e.Line == line && e.Message.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public void Several_mistakes_are_reported_at_once_in_order()
    {
        string text = SloText.With("target: 0.995", "target: 2").Replace("30d", "30x", StringComparison.Ordinal);

        Assert.Equal([26, 28], SloText.ErrorsOf(text).Select(e => e.Line));
    }

    [Fact]
    public void A_second_object_of_the_same_name_is_refused()
    {
        SloFileError error = Assert.Single(SloText.ErrorsOf(SloText.Valid + "\n---\n" + SloText.Valid.Split("---\n")[0]));

        Assert.Contains("exists already at test.yaml:1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: [1, 2", 2)]
    [InlineData("apiVersion: openslo/v1\nkind: SLO\n\tmetadata: x", 2)]
    [InlineData("a: 1\na: 2", 2)]
    public void What_is_not_YAML_is_reported_with_its_line(string text, int line)
    {
        SloFileError error = Assert.Single(SloText.ErrorsOf(text));

        Assert.Equal(line, error.Line);
        Assert.Contains("not valid YAML at column", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("- ")]
    [InlineData("{a: ")]
    public void Nesting_without_end_is_refused_not_followed(string level) =>
        Assert.Contains(SloText.ErrorsOf(string.Concat(Enumerable.Repeat(level, 50_000))), e => e.Message.Contains("nested more than 64 deep", StringComparison.Ordinal));

    [Theory]
    [InlineData("just text")]
    [InlineData("[1, 2]")]
    public void What_is_no_object_is_refused(string text) =>
        Assert.All(SloText.ErrorsOf(text), e => Assert.Contains("is a mapping with apiVersion", e.Message, StringComparison.Ordinal));

    [Fact]
    public void Nothing_at_all_is_an_empty_catalogue() => Assert.Empty(SloText.Parse("# only a comment\n").Objectives);

    [Fact]
    public void A_path_that_is_not_there_is_named()
    {
        SloFileError error = Assert.Single(Assert.Throws<SloFileException>(() => SloFiles.Load("/nowhere/slos")).Errors);

        Assert.Equal("/nowhere/slos:1: no such file or folder", error.ToString());
    }

    [Fact]
    public void A_composite_part_needs_its_own_indicator()
    {
        int from = SloText.Valid.IndexOf("  indicator:", StringComparison.Ordinal), to = SloText.Valid.IndexOf("  timeWindow:", StringComparison.Ordinal);

        IReadOnlyList<SloFileError> errors = SloText.ErrorsOf(SloText.Valid.Remove(from, to - from));

        Assert.Contains("needs an indicator or indicatorRef", Assert.Single(errors).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("op: lte, threshold: 2, lookbackWindow: 1h", "allowed: gt, gte")]
    [InlineData("threshold: 0, lookbackWindow: 1h", "must be above 0")]
    [InlineData("threshold: 2", "lookbackWindow is required")]
    [InlineData("kind: absence, threshold: 2, lookbackWindow: 1h", "allowed: burnrate")]
    public void An_alert_condition_that_means_nothing_is_refused(string condition, string message)
    {
        string text = $"{{apiVersion: openslo/v1, kind: AlertCondition, metadata: {{name: c}}, spec: {{severity: page, condition: {{{condition}}}}}}}";

        Assert.Contains(message, Assert.Single(SloText.ErrorsOf(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_byte_sequence_is_read_or_refused_but_never_breaks_the_reader()
    {
        var random = new Random(20261120);
        byte[] valid = System.Text.Encoding.UTF8.GetBytes(SloText.Valid);
        for (int i = 0; i < 500; i++)
        {
            byte[] spoiled = (byte[])valid.Clone();
            for (int n = random.Next(1, 6); n > 0; n--)
            {
                spoiled[random.Next(spoiled.Length)] = (byte)random.Next(256);
            }

            Exception? thrown = Record.Exception(() => SloText.Parse(System.Text.Encoding.UTF8.GetString(spoiled)));

            Assert.True(thrown is null or SloFileException, $"seed 20261120, round {i}: {thrown}");
        }
    }
}
