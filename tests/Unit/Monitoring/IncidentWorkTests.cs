using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using static Back2Code.UnitTests.Monitoring.Notifications;

namespace Back2Code.UnitTests.Monitoring;

/// <summary>What people do to incidents, and what it means beside what alerts do.</summary>
public sealed class IncidentWorkTests
{
    [Fact]
    public void Each_step_has_its_true_time_and_the_time_it_was_told()
    {
        Incident incident = new Notifications().Tell(2, Firing("Down", 1))
            .Change(20, IncidentChangeKind.Acknowledge, at: 10)
            .Change(40, IncidentChangeKind.Mitigate, at: 30)
            .Tell(60, Resolved("Down", 1, 50))
            .Change(90, IncidentChangeKind.Review).Only;

        Assert.Equal(IncidentState.Reviewed, incident.State);
        Assert.Equal((At(10), At(30), At(50), At(90)), (incident.AcknowledgedAt, incident.MitigatedAt, incident.ResolvedAt, incident.ReviewedAt));
        TimelineEntry acknowledged = Assert.Single(incident.Timeline, t => t.Kind == "incident.acknowledged");
        Assert.Equal((At(10), At(20), "ada"), (acknowledged.At, acknowledged.RecordedAt, acknowledged.By));
    }

    [Fact]
    public void Who_acknowledges_first_commands() =>
        Assert.Equal("grace", new Notifications().Tell(2, Firing("Down", 1)).Change(5, IncidentChangeKind.Acknowledge, by: "grace").Only.Commander);

    [Fact]
    public void A_step_that_is_told_after_the_end_gets_its_time_and_changes_no_state()
    {
        Incident incident = new Notifications().Tell(2, Firing("Down", 1)).Tell(9, Resolved("Down", 1, 8)).Change(60, IncidentChangeKind.Acknowledge, at: 5).Only;

        Assert.Equal((IncidentState.Resolved, At(5)), (incident.State, incident.AcknowledgedAt!.Value));
    }

    [Fact]
    public void What_a_person_has_resolved_stays_resolved_when_its_alerts_end()
    {
        Incident incident = new Notifications().Tell(2, Firing("Down", 1)).Change(20, IncidentChangeKind.Resolve).Tell(40, Resolved("Down", 1, 39)).Only;

        Assert.Equal((IncidentState.Resolved, At(20), "ada"), (incident.State, incident.ResolvedAt!.Value, incident.ResolvedBy));
    }

    [Fact]
    public void An_incident_that_reopens_is_still_acknowledged_and_no_longer_mitigated()
    {
        Incident incident = new Notifications().Tell(2, Firing("Down", 1))
            .Change(3, IncidentChangeKind.Acknowledge).Change(4, IncidentChangeKind.Mitigate)
            .Tell(6, Resolved("Down", 1, 5)).Tell(9, Firing("Down", 8)).Only;

        Assert.Equal((IncidentState.Acknowledged, null), (incident.State, incident.MitigatedAt));
    }

    [Fact]
    public void A_reviewed_incident_is_closed_and_the_next_alert_opens_another()
    {
        var told = new Notifications().Tell(2, Firing("Down", 1)).Tell(6, Resolved("Down", 1, 5)).Change(7, IncidentChangeKind.Review).Tell(9, Firing("Down", 8));

        Assert.Equal([IncidentState.Open, IncidentState.Reviewed], told.Book.All.Select(i => i.State));
    }

    [Fact]
    public void Who_opened_it_by_hand_decides_when_it_is_over()
    {
        var told = new Notifications();
        told.Apply(told.Record(1) with { Change = new IncidentChange(Guid.NewGuid(), IncidentChangeKind.Open, At(0), "ada") { Title = "Customers call", Severity = Severity.Error } });

        told.Tell(3, Firing("Down", 2, Severity.Critical)).Tell(9, Resolved("Down", 2, 8, Severity.Critical));

        Assert.Equal((IncidentState.Open, Severity.Critical, "Customers call"), (told.Only.State, told.Only.Severity, told.Only.Title));
        Assert.Equal(At(8), Assert.Single(told.Only.Alerts).EndsAt);
        Assert.Equal("Opened by ada: Customers call", told.News[0].Text);
    }

    [Theory]
    [InlineData(IncidentChangeKind.Acknowledge, 0.5, "before it began")]
    [InlineData(IncidentChangeKind.Mitigate, 0.5, "before it began")]
    [InlineData(IncidentChangeKind.Resolve, 0.5, "before it began")]
    [InlineData(IncidentChangeKind.Review, 30, "it is open; a review comes after")]
    internal void A_step_that_cannot_be_true_is_refused_with_the_reason(IncidentChangeKind kind, double at, string reason)
    {
        Incident incident = new Notifications().Tell(2, Firing("Down", 1)).Only;

        Assert.Contains(reason, IncidentWork.Refuse(incident, new IncidentChange(incident.Id, kind, At(at), "ada")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(IncidentChangeKind.Acknowledge, "acknowledged at")]
    [InlineData(IncidentChangeKind.Mitigate, "mitigated at")]
    [InlineData(IncidentChangeKind.Resolve, "resolved at")]
    internal void A_step_is_taken_once(IncidentChangeKind kind, string reason)
    {
        var told = new Notifications().Tell(2, Firing("Down", 1)).Change(5, kind);

        Assert.Contains(reason, IncidentWork.Refuse(told.Only, new IncidentChange(told.Only.Id, kind, At(6), "ada")), StringComparison.Ordinal);
    }

    [Fact]
    public void After_the_review_only_notes_and_actions_are_added()
    {
        Incident incident = new Notifications().Tell(2, Firing("Down", 1)).Tell(6, Resolved("Down", 1, 5)).Change(7, IncidentChangeKind.Review).Only;
        var action = new ActionItem(1, "Alert sooner", "detect", "grace", null, IsDone: false);

        Assert.Contains("has been reviewed", IncidentWork.Refuse(incident, new IncidentChange(incident.Id, IncidentChangeKind.Edit, At(9), "ada")), StringComparison.Ordinal);
        Assert.Null(IncidentWork.Refuse(incident, new IncidentChange(incident.Id, IncidentChangeKind.Note, At(9), "ada") { Text = "So it was" }));
        Assert.Null(IncidentWork.Refuse(incident, new IncidentChange(incident.Id, IncidentChangeKind.Action, At(9), "ada") { Action = action }));
    }

    [Fact]
    public void A_deploy_before_the_incident_and_a_fault_in_it_stand_in_its_time_line_and_older_ones_do_not()
    {
        Incident incident = new Notifications()
            .Happen(0, "deploy", at: -120, "too old")
            .Happen(0, "deploy", at: -30, "notes 1.4.2")
            .Tell(5, Firing("Down", 4))
            .Happen(20, "fault.injected", at: 2, "postgres killed")
            .Happen(21, "fault.injected", at: 2, "postgres killed").Only;

        Assert.Equal(["notes 1.4.2", "postgres killed"], incident.Timeline.Where(t => t.Kind is "deploy" or "fault.injected").Select(t => t.Text));
    }

    [Fact]
    public void Mean_times_count_from_the_revealed_fault()
    {
        Incident incident = new Notifications().Tell(5, Firing("Down", 4))
            .Change(10, IncidentChangeKind.Acknowledge)
            .Tell(60, Resolved("Down", 4, 52))
            .Happen(70, "fault.injected", at: 2, "postgres killed").Only;

        IncidentMeasures measures = IncidentMeasures.Of(incident);

        Assert.Equal(("fault", 3, 8, 50), (measures.StartedAtSource, measures.MttdSeconds!.Value, measures.MttaSeconds!.Value, measures.MttrSeconds!.Value));
        Assert.Equal((5, 47), (measures.DetectedToAcknowledgedSeconds!.Value, measures.DetectedToResolvedSeconds!.Value));
        Assert.Equal(1, measures.Detection!.NotificationSeconds);
    }

    [Fact]
    public void An_alert_that_began_before_somebody_opened_the_incident_does_not_move_its_detection()
    {
        var told = new Notifications();
        told.Apply(told.Record(12) with { Change = new IncidentChange(Guid.NewGuid(), IncidentChangeKind.Open, At(10), "ada") { Title = "Customers call" } });
        told.Tell(20, Firing("Down", 2)).Happen(60, PlatformEvent.FaultInjected, at: 5).Happen(60, PlatformEvent.FaultInjected, at: 15);

        IncidentMeasures measures = IncidentMeasures.Of(told.Only);

        Assert.Equal(At(2), told.Only.OpenedAt);
        Assert.Equal((At(10), At(5), 5.0), (measures.DetectedAt, measures.StartedAt, measures.MttdSeconds));
    }

    [Fact]
    public void Without_a_known_beginning_there_is_no_mean_time_and_no_guess()
    {
        IncidentMeasures measures = IncidentMeasures.Of(new Notifications().Tell(5, Firing("Down", 4)).Tell(60, Resolved("Down", 4, 52)).Only);

        Assert.Equal((null, null, null, null, null), (measures.StartedAt, measures.MttdSeconds, measures.MttaSeconds, measures.MttrSeconds, measures.Detection!.TelemetrySeconds));
        Assert.Equal(47, measures.DetectedToResolvedSeconds);
    }

    [Fact]
    public void The_lags_add_up_to_the_time_to_detection()
    {
        var told = new Notifications().Tell(5, Firing("Down", 4)).Happen(9, "fault.injected", at: 1);
        Incident incident = IncidentWork.Apply(
            told.Only,
            new IncidentChange(told.Only.Id, IncidentChangeKind.Measure, At(9), null) { Detection = new DetectionEvidence(At(1), At(1.75), At(3.5), At(4), At(5)) },
            At(9));

        IncidentMeasures measures = IncidentMeasures.Of(incident);

        Assert.Equal(new DetectionLag(0.75, 1.75, 0.5, 1), measures.Detection);
        Assert.Equal(4, measures.MttdSeconds);
    }

    [Fact]
    public void Mitigation_is_when_users_are_served_again()
    {
        Incident incident = new Notifications().Tell(5, Firing("Down", 4)).Happen(6, "fault.injected", at: 2)
            .Change(30, IncidentChangeKind.Mitigate, at: 22).Tell(60, Resolved("Down", 4, 52)).Only;

        Assert.Equal(20, IncidentMeasures.Of(incident).MttrSeconds);
    }
}
