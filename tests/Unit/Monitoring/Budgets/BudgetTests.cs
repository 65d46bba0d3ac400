using System.Globalization;
using System.Net;
using System.Text;
using Back2Code.Monitoring;
using Back2Code.Monitoring.Budgets;
using Back2Code.Monitoring.Prometheus;
using Back2Code.UnitTests.Architecture;
using Back2Code.UnitTests.Resilience;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Monitoring.Budgets;

public sealed class BudgetTests : IAsyncLifetime
{
    private const string Availability = "notes-availability";

    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-slos-").FullName;
    private readonly ManualTime _time = new();
    private readonly List<(string Metric, string Slo, double Value)> _series = [];
    private readonly WebApplication _prometheus;
    private HttpStatusCode _status = HttpStatusCode.OK;
    private int _questions;

    public BudgetTests()
    {
        // One objective, so that a test need not care which others there are.
        foreach (string file in (string[])["notes-availability.yaml", "shared.yaml"])
        {
            File.Copy(Path.Combine(Repository.Root, "slos", file), Path.Combine(_folder, file));
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _prometheus = builder.Build();
        _prometheus.Urls.Add("http://127.0.0.1:0");
        _prometheus.MapPost("/api/v1/query", Answer);
    }

    public async ValueTask InitializeAsync() => await _prometheus.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _prometheus.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_budget_is_told_with_all_its_figures()
    {
        Record();

        var budget = (await DeskOf().ReadAsync(TestContext.Current.CancellationToken)).Find(Availability)!;

        Assert.Equal((0.995m, "30d", 3600d), (budget.Objective, budget.Period, budget.PeriodSeconds));
        Assert.Equal(("warning", false, 4d), (budget.State, budget.Stale, budget.AgeSeconds));
        Assert.Equal(new BudgetEventsView(10_000, 9_970, 30), budget.Events);
        Assert.Equal(new BudgetAmountView(50, 0.6, 0.4), budget.Budget with { Allowed = Math.Round(budget.Budget.Allowed!.Value, 6), Consumed = Math.Round(budget.Budget.Consumed!.Value, 6) });
        Assert.Equal(new BudgetCoverageView(0.5, 1800), budget.Coverage);
        Assert.Equal(["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"], budget.BurnRates.Select(w => w.Window));
        Assert.Equal((16d, 2d), (budget.BurnRates[0].Rate!.Value, budget.BurnRates[2].Rate!.Value));

        // 40 % are left, and the last hour burns twice as fast as an hour: half of 40 % of the period.
        Assert.Equal(720, budget.TimeToExhaustionSeconds!.Value, 6);
    }

    [Fact]
    public async Task Each_pair_says_whether_both_its_windows_exceed_its_threshold()
    {
        Record();
        _series.Add(("slo:burn_rate:ratio2h", Availability, 3.5));
        _series.Add(("slo:burn_rate:ratio1d", Availability, 3.1));

        var pairs = (await DeskOf().ReadAsync(TestContext.Current.CancellationToken)).Find(Availability)!.Pairs;

        Assert.Equal(
            [("page", "5m", "1h", 14.4m, false), ("page", "30m", "6h", 6m, null), ("ticket", "2h", "1d", 3m, true), ("ticket", "6h", "3d", 1m, null)],
            pairs.Select(p => (p.Speed, p.ShortWindow, p.LongWindow, p.Threshold, p.Exceeded)));
    }

    [Fact]
    public async Task Without_data_nothing_is_claimed()
    {
        var budget = (await DeskOf().ReadAsync(TestContext.Current.CancellationToken)).Find(Availability)!;

        Assert.Equal(("unknown", true, (DateTimeOffset?)null), (budget.State, budget.Stale, budget.AsOf));
        Assert.Equal((new BudgetEventsView(null, null, null), new BudgetAmountView(null, null, null), (double?)null), (budget.Events, budget.Budget, budget.TimeToExhaustionSeconds));
        Assert.All(budget.BurnRates, w => Assert.Null(w.Rate));
    }

    [Theory]
    [InlineData(-0.5, 3, 0d)]
    [InlineData(0, 3, 0d)]
    [InlineData(0.5, 0, null)]
    public async Task Exhaustion_is_now_when_the_budget_is_gone_and_never_when_it_does_not_burn(double remaining, double rate, double? expected)
    {
        Record(remaining, rate);

        Assert.Equal(expected, (await DeskOf().ReadAsync(TestContext.Current.CancellationToken)).Find(Availability)!.TimeToExhaustionSeconds);
    }

    [Fact]
    public async Task While_Prometheus_is_away_the_last_known_figures_stand_with_their_age_and_then_nothing()
    {
        Record();
        var desk = DeskOf();
        await desk.ReadAsync(TestContext.Current.CancellationToken);
        _status = HttpStatusCode.ServiceUnavailable;

        _time.Advance(TimeSpan.FromMinutes(14));
        var kept = await desk.ReadAsync(TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromMinutes(2));
        var dropped = await desk.ReadAsync(TestContext.Current.CancellationToken);

        Assert.Equal((true, 844d, 0.4), (kept.Budgets[0].Stale, kept.Budgets[0].AgeSeconds!.Value, kept.Budgets[0].Budget.Remaining!.Value));
        Assert.Equal("Prometheus answered 503", kept.Failure);
        Assert.Equal((false, 0), (dropped.Available, dropped.Budgets.Count));
    }

    [Fact]
    public async Task Without_any_answer_ever_there_is_nothing_to_tell()
    {
        await _prometheus.StopAsync(TestContext.Current.CancellationToken);

        var answer = await DeskOf("http://127.0.0.1:1").ReadAsync(TestContext.Current.CancellationToken);

        Assert.False(answer.Available);
        Assert.Equal("Prometheus cannot be reached (ConnectionError)", answer.Failure);
    }

    [Fact]
    public async Task A_Prometheus_that_stopped_evaluating_its_rules_is_not_taken_for_news()
    {
        Record();
        _time.Advance(TimeSpan.FromMinutes(3));

        var answer = await DeskOf().ReadAsync(TestContext.Current.CancellationToken);

        Assert.Null(answer.Failure);
        Assert.True(answer.Budgets[0].Stale);
    }

    [Fact]
    public async Task However_many_ask_at_once_Prometheus_is_asked_once_a_second()
    {
        Record();
        var desk = DeskOf();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => desk.ReadAsync(TestContext.Current.CancellationToken)));
        int atOnce = _questions;
        _time.Advance(TimeSpan.FromSeconds(1.1));
        await desk.ReadAsync(TestContext.Current.CancellationToken);

        Assert.Equal((1, 2), (atOnce, _questions));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("{}")]
    [InlineData("""{"data":{"resultType":"matrix","result":[]}}""")]
    [InlineData("""{"data":{"resultType":"vector","result":[{"metric":{}}]}}""")]
    [InlineData("""{"data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}}""")]
    [InlineData("""{"data":{"resultType":"vector","result":[{"metric":{},"value":[1,"many"]}]}}""")]
    [InlineData("""{"data":{"resultType":"vector","result":[{"metric":[],"value":[1,"1"]}]}}""")]
    public void An_answer_that_is_none_is_a_message(string body) =>
        Assert.Throws<PrometheusException>(() => PrometheusClient.Read(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Values_that_are_no_numbers_are_read_as_what_they_are() =>
        Assert.Equal(
            [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1.5e-3],
            PrometheusClient.Read("""{"data":{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]},{"metric":{},"value":[1,"+Inf"]},{"metric":{},"value":[1,"-Inf"]},{"metric":{},"value":[1,"1.5e-3"]}]}}"""u8.ToArray())
                .Select(s => s.Value));

    private void Record(double remaining = 0.4, double hourlyRate = 2)
    {
        _series.AddRange(
        [
            ("slo:total:increase30d", Availability, 10_000), ("slo:good:increase30d", Availability, 9_970), ("slo:error_budget_remaining:ratio", Availability, remaining),
            ("slo:coverage:ratio", Availability, 0.5), ("slo:state:level", Availability, 1), ("slo:burn_rate:ratio5m", Availability, 16), ("slo:burn_rate:ratio1h", Availability, hourlyRate),
            ("slo:burn_rate:ratio6h", Availability, double.NaN), ("slo:total:increase30d", "another", 7),
            ("recordedAt", Availability, (_time.GetUtcNow() - TimeSpan.FromSeconds(4)).ToUnixTimeMilliseconds() / 1000.0),
        ]);
    }

    private BudgetDesk DeskOf(string? address = null)
    {
        var options = Options.Create(new MonitoringOptions { PrometheusUrl = address ?? _prometheus.Urls.First(), SlosDirectory = _folder, SloTimeScale = 720 });
        var slos = new SloSet(options);
        return new BudgetDesk(slos, new BudgetReader(new PrometheusClient(options), slos, _time, NullLogger<BudgetReader>.Instance), Options.Create(new BudgetOptions()), _time);
    }

    private IResult Answer()
    {
        Interlocked.Increment(ref _questions);
        object Labels((string Metric, string Slo, double Value) s) => s.Metric == "recordedAt"
            ? new { slo = s.Slo, figure = s.Metric }
            : new { __name__ = s.Metric, slo = s.Slo, service = "notes" };
        return _status == HttpStatusCode.OK
            ? Results.Json(new
            {
                status = "success",
                data = new { resultType = "vector", result = _series.Select(s => new { metric = Labels(s), value = new object[] { 1, s.Value.ToString("R", CultureInfo.InvariantCulture) } }) },
            })
            : Results.StatusCode((int)_status);
    }
}
