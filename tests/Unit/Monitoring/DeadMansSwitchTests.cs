using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Watchdog;
using Back2Code.UnitTests.Resilience;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Monitoring;

public sealed class DeadMansSwitchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-spool-").FullName;
    private readonly ManualTime _time = new();
    private IncidentDesk _desk;
    private DeadMansSwitch _switch;

    public DeadMansSwitchTests() => (_desk, _switch) = Start();

    public void Dispose()
    {
        _switch.Dispose();
        _desk.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task While_the_watchdog_arrives_nothing_happens_and_it_opens_no_incident()
    {
        for (int i = 0; i < 60; i++)
        {
            Assert.Empty(_switch.Sift([Watchdog(i)]));
            await PassAsync(5);
        }

        Assert.Empty(_desk.Book.All);
    }

    [Fact]
    public async Task When_it_stops_monitoring_is_blind_and_when_it_returns_it_sees()
    {
        _switch.Sift([Watchdog(1)]);
        await PassAsync(15);
        Assert.Empty(_desk.Book.All);
        await PassAsync(2);
        Incident blind = Assert.Single(_desk.Book.All);

        _switch.Sift([Watchdog(2)]);
        await PassAsync(1);

        Assert.Equal((Severity.Critical, IncidentState.Open), (blind.Severity, blind.State));
        Assert.Equal((DeadMansSwitch.BlindAlert, "monitoring"), (blind.Alerts[0].Name, blind.Alerts[0].Labels["service"]));
        Assert.Equal(IncidentState.Resolved, Assert.Single(_desk.Book.All).State);
    }

    [Fact]
    public async Task A_repetition_without_a_new_evaluation_is_no_sign_of_life()
    {
        for (int i = 0; i < 4; i++)
        {
            _switch.Sift([Watchdog(7)]);
            await PassAsync(5);
        }

        Assert.Equal(IncidentState.Open, Assert.Single(_desk.Book.All).State);
    }

    [Fact]
    public async Task That_the_watchdog_has_ended_is_no_sign_of_life()
    {
        _switch.Sift([Watchdog(1)]);
        await PassAsync(10);
        _switch.Sift([Watchdog(2) with { EndsAt = Notifications.At(0) }]);
        await PassAsync(6);

        Assert.Single(_desk.Book.All);
    }

    [Fact]
    public async Task A_start_gives_the_first_one_time_and_no_more()
    {
        await PassAsync(60);
        Assert.Empty(_desk.Book.All);

        await PassAsync(2);

        Assert.Single(_desk.Book.All);
    }

    [Fact]
    public async Task After_we_ourselves_were_stopped_what_waits_at_the_door_may_come_in_first()
    {
        _switch.Sift([Watchdog(1)]);
        await PassAsync(3);

        _time.Advance(TimeSpan.FromMinutes(10));
        await _switch.EvaluateOnceAsync(default);
        _switch.Sift([Watchdog(2)]);
        await PassAsync(10);

        Assert.Empty(_desk.Book.All);
    }

    [Fact]
    public async Task That_we_ourselves_were_stopped_while_blind_does_not_end_it()
    {
        _switch.Sift([Watchdog(1)]);
        await PassAsync(17);

        _time.Advance(TimeSpan.FromMinutes(10));
        await PassAsync(5);
        IncidentState afterPause = Assert.Single(_desk.Book.All).State;
        _switch.Sift([Watchdog(1)]);
        await PassAsync(1);
        IncidentState afterRepetition = Assert.Single(_desk.Book.All).State;
        _switch.Sift([Watchdog(2)]);
        await PassAsync(1);

        Assert.Equal((IncidentState.Open, IncidentState.Open), (afterPause, afterRepetition));
        Assert.Equal(IncidentState.Resolved, Assert.Single(_desk.Book.All).State);
    }

    [Fact]
    public async Task A_restart_while_blind_raises_no_second_alert_and_ends_the_first_when_it_sees()
    {
        _switch.Sift([Watchdog(1)]);
        await PassAsync(17);
        _switch.Dispose();
        _desk.Dispose();
        (_desk, _switch) = Start();
        await PassAsync(3);
        Assert.Equal(IncidentState.Open, Assert.Single(_desk.Book.All).State);

        _switch.Sift([Watchdog(2)]);
        await PassAsync(1);

        Assert.Equal((IncidentState.Resolved, 1), (Assert.Single(_desk.Book.All).State, _desk.Book.All[0].Alerts.Length));
    }

    [Fact]
    public void Other_alerts_pass_by_it()
    {
        Alert other = Notifications.Firing("Down", 0);

        Assert.Equal([other], _switch.Sift([Watchdog(1), other]));
    }

    private static Alert Watchdog(int evaluation) => Notifications.Firing("Watchdog", 0, Severity.Info) with
    {
        Annotations = new Dictionary<string, string> { ["evaluated_at"] = $"{evaluation}" },
    };

    private async Task PassAsync(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await _switch.EvaluateOnceAsync(default);
        }
    }

    private (IncidentDesk Desk, DeadMansSwitch Switch) Start()
    {
        IncidentDesk desk = Notifications.DeskIn(_folder, _time);
        var options = Options.Create(new WatchdogOptions { SilentFor = TimeSpan.FromSeconds(15), StartGrace = TimeSpan.FromMinutes(1) });
        return (desk, new DeadMansSwitch(desk, options, _time, NullLogger<DeadMansSwitch>.Instance));
    }
}
