using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Notifying;
using static Back2Code.UnitTests.Monitoring.Notifications;

namespace Back2Code.UnitTests.Monitoring;

public sealed class NoticeBoardTests
{
    private static readonly Subscription History = new("history", Severity.Info, KeepsEverything: true);
    private static readonly Subscription Mail = new("email", Severity.Warning, KeepsEverything: false);

    [Fact]
    public void A_channel_hears_from_its_severity_up()
    {
        var board = new NoticeBoard();

        board.Add(News(1, Severity.Info), [History, Mail]);
        board.Add(News(2, Severity.Warning), [History, Mail]);

        Assert.Equal((2, 1), (board.CountOf("history"), board.CountOf("email")));
    }

    [Fact]
    public void What_is_done_for_one_channel_still_waits_for_the_other()
    {
        var board = new NoticeBoard();
        Notice news = News(1);
        board.Add(news, [History, Mail]);

        board.Done("history", [news.Id]);

        Assert.Equal((0, 1), (board.CountOf("history"), board.CountOf("email")));
    }

    [Fact]
    public void A_channel_that_is_stuck_for_long_costs_bounded_memory_and_hears_the_latest_word_on_what_is_worst()
    {
        var board = new NoticeBoard();
        for (int i = 0; i < 10_000; i++)
        {
            board.Add(News(i, i == 17 ? Severity.Critical : Severity.Warning), [History, Mail]);
        }

        IReadOnlyList<Notice> waiting = board.Of("email");

        Assert.Equal(500, waiting.Count);
        Assert.Equal(10_000, waiting.Sum(n => n.Alerts.Count + n.Omitted));
        Assert.InRange(waiting.Max(n => n.Alerts.Count), 1, 200);
        Assert.Contains(waiting, n => n.Severity == Severity.Critical && n.Alerts[0].Severity == Severity.Critical);
        Assert.Equal((At(9_500), 9_501), (waiting[0].At, waiting[0].Alerts.Count + waiting[0].Omitted));
        Assert.Equal((10_000, 10_000), (board.CountOf("history"), board.WaitingAlerts));
    }

    [Fact]
    public void A_snapshot_restores_what_waits_for_whom()
    {
        var board = new NoticeBoard();
        for (int i = 0; i < 600; i++)
        {
            board.Add(News(i), [History, Mail]);
        }

        board.Done("history", [News(599).Id]);
        var again = new NoticeBoard();
        again.Restore(board.All, name => name == "history");

        Assert.Equal(board.Of("history").Select(n => n.Id), again.Of("history").Select(n => n.Id));
        Assert.Equal(board.Of("email").Select(n => (n.Id, n.Omitted, n.Alerts.Count)), again.Of("email").Select(n => (n.Id, n.Omitted, n.Alerts.Count)));
        Assert.Equal(board.WaitingAlerts, again.WaitingAlerts);
    }

    [Fact]
    public void What_waited_for_a_channel_that_is_gone_is_forgotten()
    {
        var board = new NoticeBoard();
        board.Add(News(1), [History, Mail]);

        board.KeepOnly(["history"]);

        Assert.Equal((1, 0), (board.CountOf("history"), board.CountOf("email")));
    }

    private static Notice News(int number, Severity severity = Severity.Warning) => new()
    {
        Id = Guid.Parse($"00000000-0000-7000-8000-{number:D12}"),
        At = At(number),
        Incident = Guid.Parse("01890a5d-ac96-774b-bcce-b302099a8057"),
        Severity = severity,
        Alerts = [AlertEpisode.Of(Firing($"A{number}", number, severity), At(number))],
    };
}
