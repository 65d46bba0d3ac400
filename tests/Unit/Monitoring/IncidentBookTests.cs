using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Spool;
using static Back2Code.UnitTests.Monitoring.Notifications;

namespace Back2Code.UnitTests.Monitoring;

public sealed class IncidentBookTests
{
    [Fact]
    public void An_alert_opens_an_incident_at_the_time_it_began_not_when_it_was_told()
    {
        Incident incident = new Notifications().Tell(3, Firing("Down", 1)).Only;

        Assert.Equal((IncidentState.Open, At(1), "Down summary"), (incident.State, incident.OpenedAt, incident.Title));
        Assert.All(incident.Timeline, entry => Assert.Equal((At(1), At(3)), (entry.At, entry.RecordedAt)));
        Assert.Equal(["incident.opened", "alert.firing"], incident.Timeline.Select(t => t.Kind));
    }

    [Fact]
    public void The_incident_ends_when_its_last_alert_does()
    {
        var told = new Notifications()
            .Tell(1, Firing("A", 0), Firing("B", 1))
            .Tell(5, Resolved("A", 0, 4));
        Assert.Equal(IncidentState.Open, told.Only.State);

        told.Tell(9, Resolved("B", 1, 8));

        Assert.Equal((IncidentState.Resolved, At(8)), (told.Only.State, told.Only.ResolvedAt));
        Assert.Equal((At(8), At(9)), (told.Only.Timeline[^1].At, told.Only.Timeline[^1].RecordedAt));
    }

    [Fact]
    public void One_outage_is_one_incident_however_many_alerts_fire()
    {
        var told = new Notifications()
            .Tell(2, Firing("PostgreSQLUnavailable", 1, instance: "notes-1"), Firing("PostgreSQLUnavailable", 1, instance: "notes-2"))
            .Tell(3, Firing("NotesAvailabilityFastBurn", 2, Severity.Critical))
            .Tell(4, Firing("NotesAvailabilitySlowBurn", 3))
            .Tell(12, Resolved("PostgreSQLUnavailable", 1, 10, instance: "notes-1"), Resolved("PostgreSQLUnavailable", 1, 10, instance: "notes-2"))
            .Tell(14, Resolved("NotesAvailabilityFastBurn", 2, 13, Severity.Critical))
            .Tell(30, Resolved("NotesAvailabilitySlowBurn", 3, 29));

        Assert.Equal((4, IncidentState.Resolved, At(1), At(29)), (told.Only.Alerts.Length, told.Only.State, told.Only.OpenedAt, told.Only.ResolvedAt!.Value));
    }

    [Fact]
    public void The_most_severe_alert_names_the_incident()
    {
        Incident incident = new Notifications().Tell(1, Firing("Slow", 0)).Tell(2, Firing("Fast", 1, Severity.Critical)).Tell(3, Firing("Later", 2)).Only;

        Assert.Equal((Severity.Critical, "Fast summary"), (incident.Severity, incident.Title));
        Assert.Single(incident.Timeline, t => t.Kind == "incident.severity");
    }

    [Fact]
    public void A_notification_that_ends_one_alert_and_begins_another_keeps_the_incident_open()
    {
        Incident incident = new Notifications().Tell(1, Firing("A", 0)).Tell(3, Resolved("A", 0, 2), Firing("B", 2)).Only;

        Assert.Equal(IncidentState.Open, incident.State);
        Assert.DoesNotContain(incident.Timeline, t => t.Kind is "incident.resolved" or "incident.reopened");
    }

    [Fact]
    public void Repeating_a_notification_changes_nothing()
    {
        var told = new Notifications().Tell(1, Firing("A", 0)).Tell(5, Resolved("A", 0, 4));
        Incident before = told.Only;

        told.Tell(6, Firing("A", 0)).Tell(7, Resolved("A", 0, 4)).Tell(8, Firing("A", 0), Resolved("A", 0, 4));

        Assert.Same(before, told.Only);
    }

    [Fact]
    public void The_end_may_arrive_before_the_beginning()
    {
        var told = new Notifications().Tell(5, Resolved("A", 0, 4)).Tell(6, Firing("A", 0));

        Assert.Equal((IncidentState.Resolved, At(0), At(4)), (told.Only.State, told.Only.OpenedAt, told.Only.ResolvedAt!.Value));
        Assert.Single(told.Only.Alerts);
    }

    [Fact]
    public void The_end_of_an_earlier_episode_does_not_end_the_present_one()
    {
        Incident incident = new Notifications().Tell(1, Firing("A", 0)).Tell(3, Resolved("A", 0, 2)).Tell(6, Firing("A", 5)).Tell(7, Resolved("A", 0, 2)).Only;

        Assert.Equal(IncidentState.Open, incident.State);
    }

    [Fact]
    public void An_alert_whose_start_moved_is_still_the_same()
    {
        // Alertmanager was restarted in between and learnt of the alert anew.
        Incident incident = new Notifications().Tell(1, Firing("A", 0)).Tell(6, Firing("A", 5)).Tell(9, Resolved("A", 5, 8)).Only;

        Assert.Equal((IncidentState.Resolved, 1), (incident.State, incident.Alerts.Length));
    }

    [Fact]
    public void A_flapping_alert_is_one_incident()
    {
        var told = new Notifications();
        for (int i = 0; i < 20; i++)
        {
            told.Tell((i * 10) + 1, Firing("A", i * 10)).Tell((i * 10) + 5, Resolved("A", i * 10, (i * 10) + 4));
        }

        Assert.Equal((20, IncidentState.Resolved, At(194)), (told.Only.Alerts.Length, told.Only.State, told.Only.ResolvedAt!.Value));
        Assert.Equal(19, told.Only.Timeline.Count(t => t.Kind == "incident.reopened"));
    }

    [Fact]
    public void After_a_quiet_time_the_next_alert_is_a_new_incident()
    {
        var told = new Notifications().Tell(1, Firing("A", 0)).Tell(5, Resolved("A", 0, 4)).Tell(16, Firing("A", 15));

        Assert.Equal([IncidentState.Open, IncidentState.Resolved], told.Book.All.Select(i => i.State));
    }

    [Fact]
    public void Groups_are_kept_apart()
    {
        var told = new Notifications().Tell(1, Firing("A", 0, group: "eu"), Firing("B", 0, group: "us"));

        Assert.Equal(2, told.Book.All.Count);
    }

    [Fact]
    public void An_alert_that_joins_late_but_began_earlier_moves_the_beginning() =>
        Assert.Equal(At(0), new Notifications().Tell(3, Firing("A", 2)).Tell(4, Firing("B", 0)).Only.OpenedAt);

    [Fact]
    public void Replaying_the_records_gives_the_same_incidents()
    {
        var told = new Notifications()
            .Tell(1, Firing("A", 0, group: "x"), Firing("B", 0, group: "y"))
            .Tell(2, Firing("C", 1, Severity.Critical))
            .Tell(5, Resolved("C", 1, 4, Severity.Critical))
            .Tell(40, Firing("C", 39));

        var again = new IncidentBook(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1));
        told.Records.ForEach(r => again.Apply(r));
        var half = new IncidentBook(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1));
        told.Records.Take(2).ToList().ForEach(r => again.Apply(r));
        half.Apply(new SpoolRecord(Guid.NewGuid(), At(2), Incidents: BookAfter(told.Records.Take(2)).All));
        told.Records.Skip(2).ToList().ForEach(r => half.Apply(r));

        Assert.Equal(Shape(told.Book), Shape(again));
        Assert.Equal(Shape(told.Book), Shape(half));
    }

    [Fact]
    public void Any_order_of_notifications_ends_with_everything_resolved_and_no_episode_twice()
    {
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            var messages = Enumerable.Range(0, 5)
                .SelectMany(i => new[] { Firing($"N{i}", i), Resolved($"N{i}", i, i + 3), Firing($"N{i}", i), Resolved($"N{i}", i, i + 3) })
                .OrderBy(_ => random.Next()).ToArray();
            var told = new Notifications();

            foreach (Alert alert in messages)
            {
                told.Tell(60, alert);
            }

            Assert.All(told.Book.All, i => Assert.Equal(IncidentState.Resolved, i.State));
            Assert.Equal(5, told.Book.All.Sum(i => i.Alerts.Length));
        }
    }

    [Fact]
    public void A_storm_is_one_incident_of_bounded_size()
    {
        Alert[] storm = [.. Enumerable.Range(0, 10_000).Select(i => Firing("Storm", 0, instance: $"i{i}"))];

        var told = new Notifications().Tell(1, storm).Tell(9, [.. storm.Select(a => a with { EndsAt = At(8) })]);

        Assert.Equal((IncidentState.Resolved, true), (told.Only.State, told.Only.Alerts.Length <= IncidentChanges.MaximumAlerts));
        Assert.InRange(told.Only.Timeline.Length, 1, 2_000);
        Assert.Equal("incident.resolved", told.Only.Timeline[^1].Kind);
    }

    [Fact]
    public void In_a_storm_no_alert_is_lost_though_the_incident_lists_only_some()
    {
        Alert[] storm = [.. Enumerable.Range(0, 10_000).Select(i => Firing("Storm", 0, instance: $"i{i}"))];

        var told = new Notifications().Tell(1, storm).Tell(2, storm).Tell(9, [.. storm.Take(9_999).Select(a => a with { EndsAt = At(8) })]);
        IncidentState withOneLeft = told.Only.State;
        told.Tell(10, storm[^1] with { EndsAt = At(9) });

        Assert.Equal([10_000, 9_999, 1], told.News.Select(n => n.Alerts.Count));
        Assert.Equal((IncidentState.Open, IncidentState.Resolved), (withOneLeft, told.Only.State));
        Assert.Empty(told.Book.ActiveAlerts);
    }

    [Fact]
    public void In_a_storm_the_alert_that_told_first_stays_listed()
    {
        Alert[] storm = [.. Enumerable.Range(0, 2_100).Select(i => Firing("Storm", 2, instance: $"i{i}"))];

        Incident incident = new Notifications().Tell(1, Firing("First", 0), Firing("Second", 0)).Tell(3, Resolved("First", 0, 2), Resolved("Second", 0, 2)).Tell(4, storm).Only;

        Assert.Equal((2_000, "First", At(1)), (incident.Alerts.Length, incident.FirstAlert!.Name, incident.FirstAlert.ReceivedAt));
        Assert.DoesNotContain(incident.Alerts, a => a.Name == "Second");
    }

    [Fact]
    public void A_storm_is_over_when_the_last_of_its_alerts_is_listed_or_not()
    {
        Alert[] storm = [.. Enumerable.Range(0, 2_001).Select(i => Firing("Storm", 0, instance: $"i{i}"))];

        var told = new Notifications().Tell(1, storm).Tell(51, storm[^1] with { EndsAt = At(50) }).Tell(52, [.. storm[..^1].Select(a => a with { EndsAt = At(8) })]);

        Assert.Equal((IncidentState.Resolved, At(50)), (told.Only.State, told.Only.ResolvedAt!.Value));
    }

    [Fact]
    public void A_storm_survives_a_snapshot()
    {
        Alert[] storm = [.. Enumerable.Range(0, 3_000).Select(i => Firing("Storm", 0, instance: $"i{i}"))];
        var told = new Notifications().Tell(1, storm);

        var again = new IncidentBook(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1));
        again.Apply(told.Book.Snapshot(Guid.NewGuid(), At(2)));
        again.Apply(told.Record(3) with { Alerts = [.. storm.Take(2_999).Select(a => a with { EndsAt = At(2) })] });

        Assert.Equal(IncidentState.Open, Assert.Single(again.All).State);
        Assert.Single(again.ActiveAlerts);
    }

    [Fact]
    public void An_alert_of_severity_info_is_kept_and_opens_nothing()
    {
        var told = new Notifications().Tell(1, Firing("Fyi", 0, Severity.Info)).Tell(2, Firing("Fyi", 0, Severity.Info)).Tell(5, Resolved("Fyi", 0, 4, Severity.Info));

        Assert.Empty(told.Book.All);
        Assert.Equal([null, At(4)], told.News.Select(n => Assert.Single(n.Alerts).EndsAt));
        Assert.All(told.News, n => Assert.Null(n.Incident));
    }

    [Fact]
    public void An_alert_that_began_before_our_clock_was_set_back_still_ends()
    {
        // Told at 100 s by our clock, which is then set back to 10 s: the end, cut to our time, lies before the start.
        Alert firing = Firing("Down", 99) with { ClaimedStart = At(99) };
        Alert ended = Firing("Down", 10) with { ClaimedStart = At(99), EndsAt = At(10) };

        var told = new Notifications().Tell(100, firing).Tell(10, ended).Tell(11, ended);

        Assert.Equal((IncidentState.Resolved, 1), (told.Only.State, told.Only.Alerts.Length));
        Assert.True(told.Only.ResolvedAt >= told.Only.OpenedAt);
    }

    [Fact]
    public void An_episode_without_length_told_twice_is_one()
    {
        Alert flash = Firing("Flash", 5) with { ClaimedStart = At(5), EndsAt = At(5) };

        Assert.Single(new Notifications().Tell(6, flash).Tell(7, flash).Only.Alerts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Two_episodes_that_began_ahead_of_our_clock_are_two_with_starts_of_their_own(bool secondEnds)
    {
        Alert first = Firing("Ahead", 6) with { ClaimedStart = At(100), EndsAt = At(6) };
        Alert second = Firing("Ahead", 6) with { ClaimedStart = At(200), EndsAt = secondEnds ? At(6) : null };

        Incident incident = new Notifications().Tell(6, first).Tell(6, second).Only;

        Assert.Equal(2, incident.Alerts.Select(a => a.StartsAt).Distinct().Count());
        Assert.All(incident.Alerts, a => Assert.True(a.EndsAt is null || a.EndsAt >= a.StartsAt));
        Assert.Equal(!secondEnds, incident.HasActiveAlerts);
    }

    [Fact]
    public void News_is_told_once_however_often_Alertmanager_repeats_itself()
    {
        var told = new Notifications().Tell(1, Firing("A", 0)).Tell(2, Firing("A", 0)).Tell(5, Resolved("A", 0, 4)).Tell(6, Resolved("A", 0, 4));

        Assert.Equal([null, At(4)], told.News.Select(n => Assert.Single(n.Alerts).EndsAt));
    }

    [Fact]
    public void Stored_incidents_are_forgotten_beyond_a_hundred_and_others_never()
    {
        var told = new Notifications();
        for (int i = 0; i < 150; i++)
        {
            told.Tell((i * 60) + 5, Resolved("A", i * 60, (i * 60) + 4));
        }

        Assert.Equal(150, told.Book.Unstored.Count);

        foreach (Incident incident in told.Book.Unstored)
        {
            told.Book.MarkStored(incident.Id, incident.Revision);
        }

        Assert.Equal((100, 0), (told.Book.All.Count, told.Book.Unstored.Count));
    }

    [Fact]
    public void Of_alerts_that_have_ended_the_latest_ten_thousand_are_remembered_in_incidents_or_not()
    {
        Alert[] storm = [.. Enumerable.Range(0, 12_000).Select(i => Firing("Storm", 0, instance: $"i{i}", group: $"g{i / 2_000}") with { ClaimedStart = At(0) })];
        var told = new Notifications().Tell(1, storm);
        int active = told.Book.KnownAlerts;

        Alert[] ends = [.. storm.Select((a, i) => a with { EndsAt = At(8 + (i / 100_000d)) })];
        told.Tell(9, ends).Tell(10, ends[0]);

        Assert.Equal((12_000, 10_000), (active, told.Book.KnownAlerts));
        Assert.Equal(12_000, told.Book.All.Sum(i => i.Alerts.Length));
        Assert.All(told.Book.All, i => Assert.Equal(IncidentState.Resolved, i.State));
    }

    [Fact]
    public void What_changed_while_it_was_being_stored_is_stored_again()
    {
        var told = new Notifications().Tell(1, Firing("A", 0));
        Incident stored = told.Only;
        told.Tell(5, Resolved("A", 0, 4));

        told.Book.MarkStored(stored.Id, stored.Revision);

        Assert.Equal(IncidentState.Resolved, Assert.Single(told.Book.Unstored).State);
    }

    private static IncidentBook BookAfter(IEnumerable<SpoolRecord> records)
    {
        var book = new IncidentBook(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1));
        records.ToList().ForEach(r => book.Apply(r));
        return book;
    }

    private static List<string> Shape(IncidentBook book) =>
        [.. book.All.Select(i => $"{i.Id} {i.State} {i.Revision} {i.Title} {string.Join('|', i.Alerts.Select(a => a.Fingerprint + a.EndsAt))}").Order()];
}
