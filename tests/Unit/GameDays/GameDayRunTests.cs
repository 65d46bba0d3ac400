using Back2Code.Lab.Drills;
using Back2Code.Lab.GameDays;
using Back2Code.Lab.Supervision;
using Back2Code.UnitTests.Drills;

namespace Back2Code.UnitTests.GameDays;

public sealed class GameDayRunTests
{
    private readonly SimulatedTime _clock = new();
    private readonly GameDayBook _book;
    private readonly List<string> _told = [];

    public GameDayRunTests()
    {
        _book = new GameDayBook(_clock);
        Platform = new FakePlatform(_clock);
    }

    private FakePlatform Platform { get; }

    [Fact]
    public async Task A_hidden_fault_stands_until_its_window_is_over_when_nobody_mends_it()
    {
        var record = await RunAsync(minutes: 10);

        var round = Assert.Single(record.Rounds);
        Assert.Null(record.Invalid);
        Assert.InRange((round.InjectedAt - record.StartedAt).TotalSeconds, 30, 200);
        Assert.Equal(600, (round.EndedAt - record.StartedAt).TotalSeconds, tolerance: 15);
        Assert.Equal(["traffic", "inject", "undo", "stop", "verify"], Platform.Calls);
        Assert.NotNull(record.Ledger);
        Assert.Contains(round.Alerts!, a => a.Name == "NotesAvailabilityFastBurn");
    }

    [Fact]
    public async Task Blind_it_tells_nothing_and_else_that_something_was_broken()
    {
        await RunAsync(minutes: 5, blind: true);
        Assert.DoesNotContain(_told, line => line.Contains("broken", StringComparison.Ordinal));

        _told.Clear();
        await RunAsync(minutes: 5, blind: false);
        Assert.Contains("something has just been broken", _told);
    }

    [Fact]
    public async Task An_operator_who_ends_the_day_ends_it_at_once_and_the_fault_with_it()
    {
        var record = await RunAsync(minutes: 60, onInject: _book.End);

        Assert.True(record.EndedAt - record.Rounds[0].InjectedAt < TimeSpan.FromMinutes(3));
        Assert.Contains("undo", Platform.Calls);
    }

    [Fact]
    public async Task Who_mends_it_early_has_time_for_a_write_up_and_no_more_than_he_takes()
    {
        Platform.UsersFail = false;
        Platform.OnInject = () =>
        {
            _book.Add(OperatorActKind.Diagnose, "postgres", "killed");
            _book.Add(OperatorActKind.Mitigate);
            _book.Add(OperatorActKind.WriteUp, text: "It was killed.");
        };

        var record = await RunAsync(minutes: 20);

        Assert.True(record.EndedAt - record.Rounds[0].InjectedAt < TimeSpan.FromMinutes(5));
        Assert.Contains(_told, line => line.Contains("write-up", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_write_up_the_day_lasts_as_long_as_was_said()
    {
        Platform.UsersFail = false;

        var record = await RunAsync(minutes: 20, onInject: () =>
        {
            _book.Add(OperatorActKind.Diagnose, "postgres", "killed");
            _book.Add(OperatorActKind.Mitigate);
        });

        Assert.True(record.Rounds[0].EndedAt - record.StartedAt < TimeSpan.FromMinutes(15));
        Assert.Equal(1200, (record.EndedAt - record.StartedAt).TotalSeconds, tolerance: 90);
    }

    [Fact]
    public async Task A_fault_that_leaves_no_trace_makes_the_day_worthless_and_is_undone()
    {
        Platform.Observed = false;

        var record = await RunAsync(minutes: 10);

        Assert.Contains("left no trace", record.Invalid, StringComparison.Ordinal);
        Assert.Contains("undo", Platform.Calls);
    }

    [Fact]
    public async Task Nothing_is_broken_on_a_platform_that_is_not_well()
    {
        Platform.Unready = ["postgres (starting)"];

        var record = await RunAsync(minutes: 10);

        Assert.Contains("postgres (starting)", record.Invalid, StringComparison.Ordinal);
        Assert.DoesNotContain("inject", Platform.Calls);
        Assert.Contains("postgres (starting) is not ready at the end", record.Collateral);
    }

    [Fact]
    public async Task Noise_comes_beside_the_fault_and_goes_by_itself()
    {
        var record = await RunAsync(minutes: 10, noise: true);

        Assert.Null(record.Invalid);
        Assert.Contains(Platform.Injections, i => i.Type == GameDayNoise.Find(record.Plan.Rounds[0].Noise!).Type);
        Assert.Equal(2, Platform.Calls.Count(c => c == "undo"));
    }

    [Fact]
    public async Task What_was_done_with_the_controls_since_the_beginning_is_on_record()
    {
        Platform.Controls.Add(new OperatorControl(_clock.GetUtcNow().AddMinutes(-1), "restart", "redis", WasReady: true));
        var record = await RunAsync(minutes: 5, onInject: () => Platform.Controls.Add(new OperatorControl(_clock.GetUtcNow(), "restart", "notes-2", WasReady: true)));

        Assert.Equal("notes-2", Assert.Single(record.Controls).Target);
    }

    [Fact]
    public void Hints_are_given_one_after_another_and_kept()
    {
        Assert.Equal("a", _book.TakeHint(["a", "b"]));
        Assert.Equal("b", _book.TakeHint(["a", "b"]));
        Assert.Null(_book.TakeHint(["a", "b"]));
        Assert.Equal(2, _book.Acts.Count(a => a.Kind == OperatorActKind.Hint));

        _book.BeginRound();
        Assert.Equal("c", _book.TakeHint(["c"]));
    }

    [Fact]
    public void A_full_book_takes_no_more()
    {
        for (var i = 0; i < GameDayBook.MostActs; i++)
        {
            Assert.NotNull(_book.Add(OperatorActKind.Note, text: "x"));
        }

        Assert.Null(_book.Add(OperatorActKind.Note, text: "x"));
    }

    private async Task<GameDayRecord> RunAsync(int minutes, bool blind = true, Action? onInject = null, bool noise = false)
    {
        var drill = GameDays.Hidden("a");
        var record = new GameDayRecord
        {
            Plan = GameDayPlan.Draw([drill], 1, minutes, noise, seed: 1), Operator = "ada", Blind = blind, StartedAt = _clock.GetUtcNow(), AvailabilityObjective = 0.995m,
        };
        if (onInject is not null)
        {
            Platform.OnInject = onInject;
        }

        await using var run = new GameDayRun(
            Platform, record, _book, new Dictionary<string, Drill> { ["a"] = drill }, new DrillTimes(), "ledger.jsonl", (_, text) => _told.Add(text), _clock);
        await _clock.PlayAsync(run.RunAsync(TestContext.Current.CancellationToken));
        return record;
    }
}
