using System.Text.Json;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Drills.Actions;
using Back2Code.Lab.Supervision;

namespace Back2Code.UnitTests.Drills;

public sealed class ActionDrillTests : IDisposable
{
    private static readonly MeasuredIncident Measured = new(Mttd: 4, Signal: 4, Mttr: 15, FailedRatio: 0.25, Budget: 0.0003, 3, 20, 1800, 1, 1);

    private readonly DrillOnDisk _file = new();

    [Theory]
    [InlineData("Open the breaker sooner: mttr <= 8s", "mttr", "8s", 8)]
    [InlineData("Cache lists, failedRatio ≤ 10 %", "failedRatio", "0.1", 0.1)]
    [InlineData("Cache lists, failedRatio at most 0.05", "failedRatio", "0.05", 0.05)]
    [InlineData("budget <= 0.00015 of it", "budget", "0.00015", 0.00015)]
    [InlineData("p99 <= 500ms", "p99", "500ms", 500)]
    [InlineData("pages <= 0", "pages", "0", 0)]
    public void A_title_can_promise_a_figure(string title, string objective, string text, double bound)
    {
        var promise = Assert.Single(ActionPromise.In(title));

        Assert.Equal((objective, text, bound, false), (promise.Objective, promise.Text, promise.Bound, promise.Assumed));
    }

    [Theory]
    [InlineData("Write a runbook")]
    [InlineData("mttr <= soon")]
    [InlineData("mttr <= 8")]
    [InlineData("smttr <= 8s")]
    [InlineData("failedRatio <= 200 %")]
    [InlineData("pages <= 1.5")]
    public void Other_titles_promise_nothing(string title) => Assert.Empty(ActionPromise.In(title));

    [Fact]
    public void The_file_keeps_what_its_author_wrote_and_is_tightened_where_the_item_promises_it()
    {
        var written = Write(new ActionItem(2, "Open the breaker sooner: mttr <= 9s, p99 <= 1s", "mitigate", "grace", false));

        var text = File.ReadAllText(written.File!);
        var drill = DrillReader.Load(written.File!);
        Assert.Equal((TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(1)), (drill.Objectives.Mttr, drill.Objectives.Mttd, drill.Objectives.P99));
        Assert.Equal("drill-action-2", drill.Name);
        Assert.Contains("# Why so long is told here.", text, StringComparison.Ordinal);
        Assert.StartsWith("# Action item 2 of incident 4711: Open the breaker sooner: mttr <= 9s, p99 <= 1s (mitigate, grace).\n# Tightened: mttr at most 9s, p99 at most 1s; as its title promises.\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_of_what_was_measured_is_proposed_and_called_a_proposal()
    {
        var detect = Write(new ActionItem(1, "Alert on pool waits", "detect", "ada", false));
        var mitigate = Write(new ActionItem(2, "Fail over", "mitigate", "ada", false));
        var prevent = Write(new ActionItem(3, "Two databases", "prevent", "ada", false));

        Assert.Equal(TimeSpan.FromSeconds(2), DrillReader.Load(detect.File!).Objectives.Mttd);

        // The fault stands for 12 s; the 3 s after it are halved.
        Assert.Equal(TimeSpan.FromSeconds(13.5), DrillReader.Load(mitigate.File!).Objectives.Mttr);
        Assert.Equal(0.00015m, DrillReader.Load(prevent.File!).Objectives.Budget);
        Assert.All([detect, mitigate, prevent], w => Assert.Contains("a proposal, since its title promises nothing", w.Why, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("process", "Rehearse it", "no drill can show")]
    [InlineData("mitigate", "Be quick: mttr <= 20s", "would pass before anything is done")]
    [InlineData("detect", "Warn: signal <= 1s", "users notice it, so it has mttd and mttr")]
    public void Where_no_drill_would_fail_today_none_is_written(string type, string title, string why)
    {
        var written = Write(new ActionItem(1, title, type, "ada", false));

        Assert.Null(written.File);
        Assert.Contains(why, written.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_known_today_has_to_be_seen_to_fail()
    {
        var action = Assert.Single(ActionDrills.Of(_file.Load(), MeasuredIncident.Unknown, [new ActionItem(1, "mttr <= 9s", "mitigate", "ada", false)]));

        Assert.Contains("what mttr is today is not known, so run it before you begin: it must fail", action.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_exists_is_not_overwritten()
    {
        var item = new ActionItem(1, "mttr <= 9s", "mitigate", "ada", false);
        Write(item);

        Assert.Throws<LabException>(() => Write(item));
    }

    [Fact]
    public void A_drill_in_another_form_is_written_anew()
    {
        using var flow = new DrillOnDisk(DrillOnDisk.Yaml[..DrillOnDisk.Yaml.IndexOf("objectives:", StringComparison.Ordinal)] + "objectives: {mttd: 8s, mttr: 20s}\n");

        var written = Write(flow, new ActionItem(1, "mttr <= 9s", "mitigate", "ada", false));

        Assert.EndsWith(".json", written.File, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(9), DrillReader.Load(written.File!).Objectives.Mttr);
    }

    [Fact]
    public void An_incident_tells_its_drill_and_a_report_tells_what_it_measured()
    {
        var incident = JsonSerializer.Deserialize<JsonElement>("""
            {"id": "4711", "measures": {"startedAt": "2026-11-20T12:01:00Z"}, "actions": [{"number": 1, "title": "t", "type": "detect", "owner": "ada", "reference": null, "done": true}],
             "timeline": [{"at": "2026-11-20T12:00:10Z", "kind": "fault.injected", "text": "drill flapping: link.down on x"},
                          {"at": "2026-11-20T12:01:00Z", "kind": "fault.injected", "text": "drill postgres-crash: process.kill on postgres"},
                          {"at": "2026-11-20T12:01:01Z", "kind": "note", "text": "drill none: x"}]}
            """);
        var run = Directory.CreateDirectory(Path.Combine(_file.Folder, "campaign", "01-a")).FullName;
        File.WriteAllText(Path.Combine(run, "summary.json"), """
            {"mttdSeconds": 4.5, "mttrSeconds": null, "requests": {"failedRatio": 0.2}, "latencyMs": {"p99": 9}, "errorBudget": {"burntRatio": 0.0003},
             "alerts": [{"name": "A", "severity": "critical", "incidentId": "4711"}, {"name": "B", "severity": "warning", "incidentId": null}]}
            """);
        File.WriteAllText(Path.Combine(_file.Folder, "summary.json"), "no json");

        var found = IncidentDrill.FindReport("4711", [_file.Folder]);

        Assert.Equal("postgres-crash", IncidentDrill.NameOf(incident));
        Assert.True(Assert.Single(IncidentDrill.ActionsOf(incident)).Done);
        Assert.Equal((run, 4.5, null, 0.2, 0.0003, 9.0, 1, null), (found!.Value.Folder, found.Value.Measured.Mttd, found.Value.Measured.Mttr, found.Value.Measured.FailedRatio, found.Value.Measured.Budget, found.Value.Measured.P99Ms, found.Value.Measured.Incidents, found.Value.Measured.Pages));
        Assert.Null(IncidentDrill.FindReport("0815", [_file.Folder]));
    }

    /// <summary>A critical alert is an incident, and no proof of a page: monitoring may have sent two, or none.</summary>
    [Theory]
    [InlineData("""[{"name": "pages", "measured": 2}]""", """{"pages": [{}]}""", 2)]
    [InlineData("""[{"name": "pages", "measured": null}]""", """{"pages": [{}]}""", null)]
    [InlineData("""[{"name": "lost", "measured": 0}]""", """{"pages": [{}, {}, {}]}""", 3)]
    [InlineData("""[]""", """{"pages": []}""", 0)]
    [InlineData("""[]""", """{"pages": null}""", null)]
    [InlineData("""[]""", null, null)]
    public void Pages_are_what_was_sent_and_not_incidents_with_a_critical_alert(string objectives, string? evidence, int? pages)
    {
        File.WriteAllText(Path.Combine(_file.Folder, "summary.json"), $$"""{"objectives": {{objectives}}, "alerts": [{"name": "A", "severity": "critical", "incidentId": "4711"}]}""");
        if (evidence is not null)
        {
            File.WriteAllText(Path.Combine(_file.Folder, "evidence.json"), evidence);
        }

        Assert.Equal(pages, IncidentDrill.FindReport("4711", [_file.Folder])!.Value.Measured.Pages);
    }

    [Fact]
    public async Task The_drill_of_an_action_item_deviates_before_it_is_done_and_completes_after()
    {
        var written = Write(new ActionItem(1, "Notice sooner: mttd <= 2s", "detect", "ada", false));
        var drill = DrillReader.Load(written.File!);

        var before = await PlayAsync(drill, firesAfter: TimeSpan.FromSeconds(3));
        var after = await PlayAsync(drill, firesAfter: TimeSpan.FromSeconds(1));

        Assert.Equal((DrillStatus.Deviated, 1), (before.Status, before.ExitCode));
        Assert.Equal("mttd", Assert.Single(before.Objectives, o => !o.Met).Name);
        Assert.Equal((DrillStatus.Completed, 0, null), (after.Status, after.ExitCode, after.Reason));

        // The drill that it came from passes both times: only what was promised tells them apart.
        Assert.Equal(0, (await PlayAsync(_file.Load(), TimeSpan.FromSeconds(3))).ExitCode);
        Assert.Equal(0, (await PlayAsync(_file.Load(), TimeSpan.FromSeconds(1))).ExitCode);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The real engine and judge on a platform that does as it is told.</summary>
    private static async Task<DrillRecord> PlayAsync(Drill drill, TimeSpan firesAfter)
    {
        var clock = new SimulatedTime();
        var platform = new FakePlatform(clock) { Alert = drill.ExpectedAlert!, FiresAfter = firesAfter };
        return await DrillEngineTests.PlayAsync(drill, platform, clock, TestContext.Current.CancellationToken);
    }

    private WrittenAction Write(ActionItem item) => Write(_file, item);

    private static WrittenAction Write(DrillOnDisk file, ActionItem item)
    {
        var drill = file.Load();
        return Assert.Single(ActionDrillWriter.Write(Path.Combine(file.Folder, "actions"), "4711", drill, ActionDrills.Of(drill, Measured, [item])));
    }
}
