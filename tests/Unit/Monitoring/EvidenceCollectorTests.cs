using Back2Code.Monitoring;
using Back2Code.Monitoring.Evidence;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Prometheus;
using Back2Code.UnitTests.Resilience;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Monitoring;

/// <summary>When Prometheus is asked about an incident, with a clock that the test moves and a Prometheus that comes and goes.</summary>
public sealed class EvidenceCollectorTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-spool-").FullName;
    private readonly ManualTime _time = new();
    private readonly WebApplication _prometheus;
    private bool _isAway;
    private int _questions;

    public EvidenceCollectorTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _prometheus = builder.Build();
        _prometheus.Urls.Add("http://127.0.0.1:0");
        _prometheus.MapPost("/api/v1/query", () =>
        {
            _questions++;
            return _isAway
                ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable)
                : Results.Text("""{"status":"success","data":{"resultType":"vector","result":[]}}""", "application/json");
        });
    }

    public async ValueTask InitializeAsync() => await _prometheus.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _prometheus.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_Prometheus_that_is_away_for_hours_is_asked_ever_more_seldom_and_still_tells()
    {
        using IncidentDesk desk = Notifications.DeskIn(_folder, _time);
        using var prometheus = new PrometheusClient(Options.Create(new MonitoringOptions { PrometheusUrl = _prometheus.Urls.Single() }));
        using var collector = new EvidenceCollector(desk, prometheus, _time, NullLogger<EvidenceCollector>.Instance);
        var evidence = new IncidentEvidence(prometheus);
        await desk.AcceptAsync([Notifications.Firing("Down", 0) with { StartsAt = _time.GetUtcNow() }], desk.Now, default);
        _isAway = true;

        for (int look = 0; look < 6 * 1_800; look++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            await collector.CollectOnceAsync(evidence, default);
        }

        int whileAway = _questions;
        _isAway = false;
        _time.Advance(TimeSpan.FromHours(1));
        await collector.CollectOnceAsync(evidence, default);
        int answered = _questions;
        _time.Advance(TimeSpan.FromHours(1));
        await collector.CollectOnceAsync(evidence, default);

        // Pauses of 4 s, 8 s … 34 min, then hours.
        Assert.InRange(whileAway, 12, 18);
        Assert.NotNull(Assert.Single(desk.Book.All).Detection);
        Assert.Equal(answered, _questions);
    }
}
