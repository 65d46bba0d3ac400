using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using static Back2Code.UnitTests.Monitoring.Notifications;

namespace Back2Code.UnitTests.Monitoring;

public sealed class PostmortemTests
{
    [Fact]
    public void It_has_the_headings_of_the_template_in_order()
    {
        string text = Postmortem.Write(Outage().Only);

        Assert.Equal(
            ["Summary", "Impact", "Root causes", "Trigger", "Resolution", "Detection", "Action items", "Lessons learned", "Timeline", "Supporting information"],
            text.Split('\n').Where(l => l.StartsWith("## ", StringComparison.Ordinal)).Select(l => l[3..]));
    }

    [Fact]
    public void What_is_on_record_is_filled_in()
    {
        var told = Outage();
        told.Apply(told.Record(80) with
        {
            Change = new IncidentChange(told.Only.Id, IncidentChangeKind.Action, At(80), "ada") { Action = new ActionItem(1, "Alert on | replication", "detect", "grace", "OPS-7", IsDone: false) },
        });
        told.Apply(told.Record(81) with
        {
            Change = new IncidentChange(told.Only.Id, IncidentChangeKind.Measure, At(81), null) { Budgets = [new BudgetBurn("notes-availability", 0.125, 0.5)] },
        });

        string text = Postmortem.Write(told.Only);

        Assert.Contains("- **Incident commander:** ada\n", text, StringComparison.Ordinal);
        Assert.Contains("- notes-availability: 12.5 % of the period's error budget burnt, 50 % left.\n", text, StringComparison.Ordinal);
        Assert.Contains("| MTTD | 3.000 | fault, as revealed | detection |\n", text, StringComparison.Ordinal);
        Assert.Contains("fault.injected: postgres killed\n", text, StringComparison.Ordinal);
        Assert.Contains("| Alert on \\| replication | detect | grace | OPS-7 | no |\n", text, StringComparison.Ordinal);
        Assert.Contains("| 2026-11-20 12:00:10.000 | +2.0 s | Acknowledged | ada |\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_only_people_know_is_a_question()
    {
        string text = Postmortem.Write(new Notifications().Tell(5, Firing("Down", 4)).Only);

        Assert.Contains("_Which conditions had to come together?", text, StringComparison.Ordinal);
        Assert.Contains("_Nothing is on record: no deploy, no change, no fault. What set it off?_", text, StringComparison.Ordinal);
        Assert.Contains("| MTTR | not known |", text, StringComparison.Ordinal);
        Assert.Contains("nobody took command", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_from_outside_is_neither_Markdown_nor_HTML()
    {
        Alert hostile = Firing("Down", 4) with { Annotations = new Dictionary<string, string> { ["summary"] = "<script>x</script>\n# [a](javascript:b) | `c`" } };

        string text = Postmortem.Write(new Notifications().Tell(5, hostile).Only);

        Assert.DoesNotContain("<script>", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[a](", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\n# [", text, StringComparison.Ordinal);
    }

    private static Notifications Outage()
    {
        Alert page = Firing("NotesAvailabilityFastBurn", 4, Severity.Critical);
        page = page with { Labels = new Dictionary<string, string>(page.Labels.ToDictionary()) { ["slo"] = "notes-availability", ["service"] = "notes" } };
        return new Notifications().Tell(5, page).Change(12, IncidentChangeKind.Acknowledge, at: 10)
            .Tell(60, page with { EndsAt = At(52) }).Happen(70, "fault.injected", at: 2, "postgres killed");
    }
}
