using System.Diagnostics.Metrics;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Notifying;
using Back2Code.UnitTests.Resilience;
using Microsoft.Extensions.Logging.Abstractions;

namespace Back2Code.UnitTests.Monitoring;

/// <summary>When a channel is told what, with a clock that the test moves.</summary>
public sealed class ChannelLoopTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-spool-").FullName;
    private readonly ManualTime _time = new();
    private readonly Meter _meter = new("test");
    private readonly Recorder _channel = new();

    public void Dispose()
    {
        _meter.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_first_word_is_told_at_once_and_what_follows_is_gathered()
    {
        using IncidentDesk desk = Desk();
        ChannelLoop loop = Loop(desk);

        await FireAsync(desk, "A");
        Assert.Null(await loop.DeliverDueAsync(default));
        await FireAsync(desk, "B");
        await FireAsync(desk, "C");
        TimeSpan? wait = await loop.DeliverDueAsync(default);
        _time.Advance(TimeSpan.FromSeconds(30));
        await loop.DeliverDueAsync(default);

        Assert.Equal(TimeSpan.FromSeconds(30), wait);
        Assert.Equal([["A"], ["B", "C"]], _channel.Told);
    }

    [Fact]
    public async Task What_is_worse_than_anything_told_does_not_wait()
    {
        using IncidentDesk desk = Desk();
        ChannelLoop loop = Loop(desk);
        await FireAsync(desk, "Ticket");
        await loop.DeliverDueAsync(default);

        await FireAsync(desk, "Page", Severity.Critical);
        await loop.DeliverDueAsync(default);
        await FireAsync(desk, "Page2", Severity.Critical);
        await loop.DeliverDueAsync(default);

        Assert.Equal([["Ticket"], ["Page"]], _channel.Told);
    }

    [Fact]
    public async Task A_channel_that_fails_is_tried_again_with_growing_pauses_and_gets_everything()
    {
        using IncidentDesk desk = Desk();
        ChannelLoop loop = Loop(desk);
        _channel.Fails = true;
        await FireAsync(desk, "A");
        var pauses = new List<double>();
        for (int i = 0; i < 12; i++)
        {
            TimeSpan pause = (await loop.DeliverDueAsync(default))!.Value;
            pauses.Add(pause.TotalSeconds);
            _time.Advance(pause);
        }

        await FireAsync(desk, "B");
        _channel.Fails = false;
        await loop.DeliverDueAsync(default);

        Assert.InRange(pauses[0], 0.5, 1);
        Assert.InRange(pauses[^1], 150, 300);
        Assert.Equal(12, _channel.Failed);
        Assert.Equal([["A", "B"]], _channel.Told);
        Assert.Equal(0, desk.Board.CountOf("recorder"));
    }

    [Fact]
    public async Task A_server_that_hangs_is_given_up_after_its_time_and_tried_again()
    {
        using IncidentDesk desk = Desk();
        ChannelLoop loop = Loop(desk);
        _channel.Hangs = true;
        await FireAsync(desk, "A");

        Task<TimeSpan?> attempt = loop.DeliverDueAsync(default);
        await _time.RunAsync(attempt, TimeSpan.FromSeconds(1));

        Assert.Equal(1, desk.Board.CountOf("recorder"));
    }

    [Fact]
    public async Task After_its_limit_news_is_given_up_and_the_incident_says_so()
    {
        using IncidentDesk desk = Desk();
        ChannelLoop loop = Loop(desk);
        _channel.Fails = true;
        await FireAsync(desk, "A");
        await loop.DeliverDueAsync(default);

        _time.Advance(TimeSpan.FromHours(25));
        await loop.DeliverDueAsync(default);

        Assert.Equal(0, desk.Board.CountOf("recorder"));
        Assert.Contains(desk.Book.All[0].Timeline, t => t.Kind == "delivery.failed" && t.Text.StartsWith("recorder could not be told for 25", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_given_up_takes_no_fresh_news_of_its_incident_with_it()
    {
        using IncidentDesk desk = Desk();
        ChannelLoop loop = Loop(desk);
        _channel.Fails = true;
        await FireAsync(desk, "Old");
        await loop.DeliverDueAsync(default);
        _time.Advance(TimeSpan.FromHours(25));
        await FireAsync(desk, "Fresh");

        TimeSpan? again = await loop.DeliverDueAsync(default);
        _channel.Fails = false;
        _time.Advance(again!.Value);
        await loop.DeliverDueAsync(default);

        Assert.Equal([["Fresh"]], _channel.Told);
        Assert.Contains(Assert.Single(desk.Book.All).Timeline, t => t.Kind == "delivery.failed");
    }

    [Fact]
    public async Task Time_in_which_monitoring_was_stopped_is_no_time_of_trying()
    {
        using (IncidentDesk desk = Desk())
        {
            await FireAsync(desk, "A");
        }

        _time.Advance(TimeSpan.FromHours(25));
        using IncidentDesk next = Desk();
        ChannelLoop loop = Loop(next);
        _channel.Fails = true;
        await loop.DeliverDueAsync(default);
        int afterOneFailure = next.Board.CountOf("recorder");
        _time.Advance(TimeSpan.FromHours(25));
        await loop.DeliverDueAsync(default);

        Assert.Equal((1, 0), (afterOneFailure, next.Board.CountOf("recorder")));
    }

    [Fact]
    public async Task What_was_not_told_before_the_process_died_is_told_by_the_next_one_and_what_was_is_not()
    {
        using (IncidentDesk desk = Desk())
        {
            ChannelLoop loop = Loop(desk);
            await FireAsync(desk, "Told");
            await loop.DeliverDueAsync(default);
            await FireAsync(desk, "Untold");
        }

        using IncidentDesk next = Desk();
        await Loop(next).DeliverDueAsync(default);

        Assert.Equal([["Told"], ["Untold"]], _channel.Told);
    }

    [Fact]
    public async Task Ten_thousand_alerts_are_one_message()
    {
        using IncidentDesk desk = Desk();
        Alert[] storm = [.. Enumerable.Range(0, 10_000).Select(i => Notifications.Firing("Storm", -60, instance: $"i{i}"))];

        Assert.True(await desk.AcceptAsync(storm, desk.Now, default));
        await Loop(desk).DeliverDueAsync(default);

        Assert.Equal(10_000, Assert.Single(_channel.Told).Count);
    }

    private async Task FireAsync(IncidentDesk desk, string name, Severity severity = Severity.Warning)
    {
        Alert alert = Notifications.Firing(name, 0, severity) with { StartsAt = _time.GetUtcNow() };
        Assert.True(await desk.AcceptAsync([alert], desk.Now, default));
    }

    private IncidentDesk Desk() => Notifications.DeskIn(_folder, _time, _channel);

    private ChannelLoop Loop(IncidentDesk desk) => new(_channel, desk, _meter.CreateCounter<long>("deliveries"), _time, NullLogger.Instance);

    private sealed class Recorder : IChannel
    {
        public Subscription Subscription { get; } = new("recorder", Severity.Warning, KeepsEverything: false);

        public ChannelPace Pace { get; } = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(20), TimeSpan.FromDays(1));

        public bool Fails { get; set; }

        public bool Hangs { get; set; }

        public int Failed { get; private set; }

        public List<IReadOnlyList<string>> Told { get; } = [];

        public Task DeliverAsync(IReadOnlyList<Notice> notices, CancellationToken cancellationToken)
        {
            if (Hangs)
            {
                // Deaf to cancellation, as a blocking library may be.
                return new TaskCompletionSource().Task;
            }

            if (Fails)
            {
                Failed++;
                throw new IOException("connection refused");
            }

            Told.Add([.. notices.SelectMany(n => n.Alerts).Select(a => a.Name)]);
            return Task.CompletedTask;
        }
    }
}
