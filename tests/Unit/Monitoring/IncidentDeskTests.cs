using Back2Code.Audit;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Spool;
using Back2Code.Monitoring.Watchdog;
using Back2Code.UnitTests.Resilience;
using Microsoft.Extensions.Logging.Abstractions;
using static Back2Code.UnitTests.Monitoring.Notifications;

namespace Back2Code.UnitTests.Monitoring;

public sealed class IncidentDeskTests : IDisposable
{
    private static readonly AuditActor Ada = new("ada", "back2code", "127.0.0.1");

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
        ChangeOutcome acknowledged = await desk.ChangeAsync(incident, i => new IncidentChange(i.Id, IncidentChangeKind.Acknowledge, At(3), "ada"), actor: null, default);
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

    [Fact]
    public async Task Too_many_acts_that_wait_refuse_further_ones_and_nothing_else_also_after_a_start()
    {
        Act[] acts = [.. Enumerable.Range(0, IncidentDesk.MaximumActs).Select(_ => new Act(null, AuditRecord.Create(new ManualTime(), Ada, "platform.event-told", "events/deploy")))];
        using (var spool = new AlertSpool(_folder, 1 << 20, 4, NullLogger<AlertSpool>.Instance))
        {
            spool.Open();
            spool.BeginSegment(new SpoolRecord(Guid.NewGuid(), At(0)) { Acts = acts });
        }

        bool refused, alert, told;
        using (IncidentDesk desk = DeskIn(_folder, new ManualTime()))
        {
            refused = await desk.TellAsync(Deploy(1), Ada, default);
            alert = await AcceptAsync(desk, Firing("Down", 0));
            await desk.RecordedAsync(new RecordedActs(null, [acts[7].Record.Id]), default);
            told = await desk.TellAsync(Deploy(2), Ada, default);
        }

        using IncidentDesk next = DeskIn(_folder, new ManualTime());
        Assert.Equal((false, true, true), (refused, alert, told));
        Assert.Equal(IncidentDesk.MaximumActs, next.Book.WaitingActs);
        Assert.DoesNotContain(acts[7].Record.Id, next.Book.Acts.Select(a => a.Record.Id));
        Assert.Equal(next.Book.Acts.Select(a => a.Record.Id).Order(), next.Start.Acts.Order());
    }

    private static PlatformEvent Deploy(double at) => new(At(at), At(at), "deploy", "1.4.2", null, null, "ada");

    private static Task<bool> AcceptAsync(IncidentDesk desk, params Alert[] alerts) => desk.AcceptAsync(alerts, At(5), default);
}
