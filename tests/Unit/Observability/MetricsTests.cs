using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Back2Code.Observability;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Observability;

public sealed class MetricsTests : IDisposable
{
    private readonly ServiceProvider _provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Meter _meter;
    private readonly MetricsCollector _collector;

    public MetricsTests()
    {
        var factory = _provider.GetRequiredService<IMeterFactory>();
        _collector = new MetricsCollector(new ServiceIdentity("notes", "notes-1", "1.2.3"), factory, Options.Create(new ObservabilityOptions { MaxSeriesPerInstrument = 10 }));
        _meter = factory.Create("Back2Code.Tests");
    }

    public void Dispose()
    {
        _collector.Dispose();
        _provider.Dispose();
    }

    [Fact]
    public async Task Instruments_become_families_of_the_right_type()
    {
        _meter.CreateCounter<long>("b2c.calls", "{call}", "Calls.").Add(3, new KeyValuePair<string, object?>("dependency", "db"));
        _meter.CreateUpDownCounter<int>("b2c.queued", "{call}", "Queued.").Add(-2);
        _meter.CreateObservableGauge("b2c.age", () => 1.5, "s", "Age.");
        _meter.CreateHistogram<double>("b2c.wait", "s", "Wait.").Record(0.3);

        var text = await ScrapeAsync();

        Assert.Equal(
            ["counter", "gauge", "gauge", "histogram", "gauge"],
            new[] { "b2c_calls_total", "b2c_queued", "b2c_age_seconds", "b2c_wait_seconds", "target_info" }.Select(name => text.Types[name]));
        Assert.Equal((3, -2, 1.5), (text.Value("b2c_calls_total", ("dependency", "db")), text.Value("b2c_queued"), text.Value("b2c_age_seconds")));
        Assert.Equal((0, 1, 1), (text.Value("b2c_wait_seconds_bucket", ("le", "0.25")), text.Value("b2c_wait_seconds_bucket", ("le", "0.5")), text.Value("b2c_wait_seconds_count")));
        Assert.Equal("Calls.", text.Helps["b2c_calls_total"]);
        Assert.Equal(1, text.Value("target_info", ("service_name", "notes"), ("service_instance_id", "notes-1"), ("service_version", "1.2.3")));
    }

    [Fact]
    public async Task Counters_stay_cumulative_from_scrape_to_scrape()
    {
        var counter = _meter.CreateCounter<long>("b2c.calls");
        counter.Add(2);
        await ScrapeAsync();
        counter.Add(3);

        Assert.Equal(5, (await ScrapeAsync()).Value("b2c_calls_total"));
    }

    [Fact]
    public async Task Labels_beyond_the_limit_are_summed_and_marked()
    {
        var counter = _meter.CreateCounter<long>("b2c.calls");
        for (var i = 0; i < 1_000; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("id", i));
        }

        var text = await ScrapeAsync();

        Assert.InRange(text.Samples.Count(s => s.Name == "b2c_calls_total"), 2, 12);
        Assert.Equal(1_000, text.Samples.Where(s => s.Name == "b2c_calls_total").Sum(s => s.Value));
        Assert.NotEqual(0, text.Value("b2c_calls_total", ("otel_metric_overflow", "true")));
    }

    [Fact]
    public async Task The_same_name_from_two_meters_is_one_family_without_a_series_twice()
    {
        var factory = _provider.GetRequiredService<IMeterFactory>();
        _meter.CreateCounter<long>("b2c.calls").Add(1);
        using var other = factory.Create("Back2Code.Tests.Other");
        other.CreateCounter<long>("b2c.calls").Add(5);
        other.CreateCounter<long>("b2c.calls").Add(7, new KeyValuePair<string, object?>("a", "b"));

        var text = await ScrapeAsync();

        Assert.Equal(2, text.Samples.Count(s => s.Name == "b2c_calls_total"));
    }

    [Fact]
    public async Task Meters_of_another_host_in_the_process_are_not_seen()
    {
        using var other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        other.GetRequiredService<IMeterFactory>().Create("Back2Code.Tests").CreateCounter<long>("b2c.foreign").Add(1);

        Assert.DoesNotContain("b2c_foreign_total", (await ScrapeAsync()).Types.Keys);
    }

    [Fact]
    public void Any_label_value_survives_the_text() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), value =>
        {
            // Half a surrogate pair has no UTF-8; it becomes a replacement character.
            var expected = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value ?? ""));
            var text = new PrometheusText();
            text.Family("x", "gauge", (value ?? "").Replace("\r", "", StringComparison.Ordinal));
            text.Sample("x", "", PrometheusText.Labels([new("a", value), new("b", "after")], histogram: false), 1);

            var parsed = Parse(text);

            return parsed.Samples[0].Labels["a"] == expected.Replace("\r", "", StringComparison.Ordinal) && parsed.Samples[0].Labels["b"] == "after";
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Awkward_labels_keep_their_meaning()
    {
        var text = new PrometheusText();
        text.Family("x", "gauge", "a\\b\nc");
        text.Sample("x", "", PrometheusText.Labels([new("a.b", "1"), new("a_b", "2"), new("__name__", "evil"), new("le", 3.5), new("flag", true), new("none", null), new("many", new[] { "p", "q" })], histogram: true), double.NaN);

        var parsed = Parse(text);

        Assert.Equal("a\\b\nc", parsed.Helps["x"]);
        Assert.Equal(
            new Dictionary<string, string> { ["a_b"] = "1;2", ["_name_"] = "evil", ["exported_le"] = "3.5", ["flag"] = "true", ["none"] = "", ["many"] = "[p,q]" },
            parsed.Samples[0].Labels);
        Assert.True(double.IsNaN(parsed.Samples[0].Value));
    }

    [Theory]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(0.1, "0.1")]
    [InlineData(1e21, "1E+21")]
    public void Numbers_are_written_as_Prometheus_reads_them(double value, string expected) =>
        Assert.Equal(expected, PrometheusText.Number(value));

    [Fact]
    public async Task Promtool_finds_nothing_to_complain_about()
    {
        if (FindOnPath("promtool") is not { } promtool)
        {
            Assert.Skip("promtool is not installed");
            return;
        }

        _meter.CreateCounter<long>("b2c.calls", "{call}", "Calls \\ with \"quotes\"\nand lines.").Add(3, new KeyValuePair<string, object?>("path", "a\"b\\c\nd"));
        _meter.CreateHistogram<double>("b2c.wait", "s", "Wait.").Record(0.3);
        var processMetrics = new ProcessMetrics(_provider.GetRequiredService<IMeterFactory>(), TimeProvider.System);
        GC.KeepAlive(processMetrics);
        var text = await TextAsync();
        Assert.Contains("dotnet_gc_collections_total", text, StringComparison.Ordinal);

        var start = new ProcessStartInfo(promtool, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(text);
        process.StandardInput.Close();
        var complaints = await process.StandardError.ReadToEndAsync() + await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(("", 0), (complaints, process.ExitCode));
    }

    private static PrometheusParser Parse(PrometheusText text) => PrometheusParser.Parse(Encoding.UTF8.GetString(text.Written.Span).Replace("\r", "", StringComparison.Ordinal));

    private static string? FindOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private async Task<PrometheusParser> ScrapeAsync() => PrometheusParser.Parse(await TextAsync());

    private async Task<string> TextAsync()
    {
        var text = "";
        await _collector.CollectAsync(
            bytes =>
            {
                text = Encoding.UTF8.GetString(bytes.Span);
                return Task.CompletedTask;
            },
            CancellationToken.None);
        return text;
    }
}
