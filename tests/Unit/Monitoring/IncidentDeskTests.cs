using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Watchdog;
using Back2Code.UnitTests.Resilience;
using static Back2Code.UnitTests.Monitoring.Notifications;

namespace Back2Code.UnitTests.Monitoring;

public sealed class IncidentDeskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-spool-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_full_book_refuses_new_alerts_only_and_has_room_again_when_old_ones_end()
    {
        using IncidentDesk desk = DeskIn(_folder, new ManualTime());
        Alert[] storm = [.. Enumerable.Range(0, IncidentDesk.MaximumAlerts).Select(i => Firing("Fyi", 0, Severity.Info, $"i{i}"))];
        Assert.True(await AcceptAsync(desk, Firing("Down", 0)));
        Guid incident = Assert.Single(desk.Book.All).Id;
        foreach (Alert[] part in storm.Chunk(10_000))
        {
            Assert.True(await AcceptAsync(desk, part));
        }

        bool unknown = await AcceptAsync(desk, Firing("New", 1));
        bool mixed = await AcceptAsync(desk, Firing("New", 1), storm[0] with { EndsAt = At(2) });
        ChangeOutcome acknowledged = await desk.ChangeAsync(incident, i => new IncidentChange(i.Id, IncidentChangeKind.Acknowledge, At(3), "ada"), default);
        bool blind = await AcceptAsync(desk, Firing(DeadMansSwitch.BlindAlert, 3, Severity.Critical) with { Fingerprint = DeadMansSwitch.BlindFingerprint });
        bool ends = await AcceptAsync(desk, [.. storm.Select(a => a with { EndsAt = At(4) })]);
        bool later = await AcceptAsync(desk, Firing("New", 1));

        Assert.Equal((false, false, true, true, true), (unknown, mixed, blind, ends, later));
        Assert.IsType<ChangeOutcome.Changed>(acknowledged);
        Assert.Equal(["Down", DeadMansSwitch.BlindAlert, "New"], desk.Book.ActiveAlerts.Select(a => a.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Of_a_notification_that_finds_no_room_the_ends_are_taken()
    {
        using IncidentDesk desk = DeskIn(_folder, new ManualTime());
        Alert[] storm = [.. Enumerable.Range(0, IncidentDesk.MaximumAlerts).Select(i => Firing("Fyi", 0, Severity.Info, $"i{i}"))];
        Assert.True(await AcceptAsync(desk, storm));

        bool taken = await AcceptAsync(desk, Firing("New", 1), storm[0] with { EndsAt = At(2) });

        Assert.False(taken);
        Assert.Equal(storm.Length - 1, desk.Book.ActiveAlerts.Count);
    }

    private static Task<bool> AcceptAsync(IncidentDesk desk, params Alert[] alerts) => desk.AcceptAsync(alerts, At(5), default);
}
