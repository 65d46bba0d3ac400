using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Budgets;
using Back2Code.Monitoring.Health;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.StatusPage;

namespace Back2Code.UnitTests.Monitoring;

public sealed class StatusDocumentTests
{
    private const string Hostile = """<script>alert("1")</script>'&<b onmouseover=x>""";
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Nothing_that_somebody_else_named_becomes_markup()
    {
        string page = StatusDocument.Render(new StatusFacts(
            Now,
            [Status(Hostile, HealthState.Critical, Hostile, title: Hostile), Status(Hostile, HealthState.Ok, "", check: "process")],
            new BudgetAnswer([Budget(Hostile)], Hostile, Available: true),
            [Incident(Hostile, Severity.Critical)]));

        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b ", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_is_well_formed_has_no_script_and_loads_nothing()
    {
        string page = Rendered();

        // Well-formed XML but for what HTML leaves open and for the names of HTML's own.
        string xml = Regex.Replace(page.Replace("<!doctype html>", "", StringComparison.Ordinal), "<meta ([^>]*)>", "<meta $1/>");
        var document = XDocument.Parse(xml);
        Assert.Equal("en", (string?)document.Root!.Attribute("lang"));
        Assert.All(document.Descendants().Attributes(), a => Assert.False(a.Name.LocalName is "src" or "style" || a.Name.LocalName.StartsWith("on", StringComparison.Ordinal), a.ToString()));
        Assert.Equal(document.Descendants("th").Count(), document.Descendants("th").Count(th => th.Attribute("scope") is not null));
        Assert.Single(document.Descendants("h1"));
    }

    [Fact]
    public void The_policy_names_the_very_style_sheet_that_is_on_the_page()
    {
        string style = Regex.Match(Rendered(), "<style>(.*)</style>", RegexOptions.Singleline).Groups[1].Value;

        Assert.Equal($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)))}'", StatusStyle.Hash);
    }

    [Fact]
    public void States_are_words_and_not_only_colours()
    {
        string page = StatusDocument.Render(Facts(checks: [Status("a", HealthState.Warning), Status("b", HealthState.Unknown), Status("c", HealthState.NotApplicable)]));

        Assert.All(["warning</span>", "unknown</span>", "not applicable</span>", "Something needs attention"], word => Assert.Contains(word, page, StringComparison.Ordinal));
    }

    [Fact]
    public void All_is_well_only_when_everything_was_looked_at()
    {
        Assert.Equal(StatusVerdict.Well, Facts(checks: [Status("", HealthState.Ok)]).Verdict);
        Assert.Equal(StatusVerdict.PartlyUnknown, Facts(checks: []).Verdict);
        Assert.Equal(StatusVerdict.PartlyUnknown, Facts(checks: [Status("", HealthState.NotApplicable)]).Verdict);
        Assert.Equal(StatusVerdict.PartlyUnknown, Facts(checks: [Status("", HealthState.Ok), Status("b", HealthState.Unknown)]).Verdict);
        Assert.Equal(StatusVerdict.PartlyUnknown, Facts(budgets: new BudgetAnswer([], "Prometheus cannot be reached", Available: false)).Verdict);
        Assert.Equal(StatusVerdict.PartlyUnknown, Facts(budgets: new BudgetAnswer([Budget("x") with { Stale = true }], null, Available: true)).Verdict);
        Assert.Equal(StatusVerdict.PartlyUnknown, Facts(budgets: new BudgetAnswer([Budget("x") with { State = "unknown" }], null, Available: true)).Verdict);
        Assert.Equal(StatusVerdict.NeedsAttention, Facts(checks: [Status("", HealthState.Critical)]).Verdict);
        Assert.Equal(StatusVerdict.NeedsAttention, Facts(incidents: [Incident("x", Severity.Warning)]).Verdict);
        Assert.Equal(StatusVerdict.UsersAffected, Facts(incidents: [Incident("x", Severity.Critical)]).Verdict);
        Assert.Equal(StatusVerdict.UsersAffected, Facts(budgets: new BudgetAnswer([Budget("x") with { State = "critical" }], null, Available: true)).Verdict);
    }

    [Fact]
    public void Replicas_belong_to_one_service()
    {
        var facts = Facts(checks: [Status("notes-1", HealthState.Ok, check: "process"), Status("notes-2", HealthState.Critical, check: "process"), Status("rabbit-mq", HealthState.Ok, check: "process")]);

        Assert.Equal([("notes", HealthState.Critical), ("rabbit-mq", HealthState.Ok), ("shop", HealthState.Ok)], facts.Services.Select(s => (s.Name, s.State)));
    }

    [Fact]
    public void What_cannot_be_told_is_said()
    {
        string page = StatusDocument.Render(Facts(budgets: new BudgetAnswer([], "Prometheus cannot be reached", Available: false)));

        Assert.Contains("The error budgets are not known: Prometheus cannot be reached.", page, StringComparison.Ordinal);
    }

    private static string Rendered() => StatusDocument.Render(Facts(
        checks: [Status("notes-1", HealthState.Ok, check: "process"), Status("", HealthState.Critical)], incidents: [Incident("Notes availability", Severity.Critical)]));

    private static StatusFacts Facts(IReadOnlyList<CheckStatus>? checks = null, BudgetAnswer? budgets = null, IReadOnlyList<Incident>? incidents = null) =>
        new(Now, checks ?? [Status("", HealthState.Ok)], budgets ?? new BudgetAnswer([Budget("Shop availability")], null, Available: true), incidents ?? []);

    private static CheckStatus Status(string target, HealthState state, string summary = "found", string check = "disk", string title = "Disk space") => new()
    {
        Check = check,
        Title = title,
        Finding = new Finding(target, state, summary, []),
        Since = Now,
        CheckedAt = Now,
        Duration = TimeSpan.Zero,
    };

    private static BudgetView Budget(string displayName) => new(
        "shop-availability", displayName, "shop", 0.995m, "30d", 2_592_000, "ok", new(1000, 999, 1), new(5, 0.2, 0.8), [new("5m", 1), new("1h", 0.2)],
        [new("page", "5m", "1h", 14.4m, false)], [], 1e7, new(0.3, 777_600), Now, 1, Stale: false);

    private static Incident Incident(string title, Severity severity) => new()
    {
        Id = Guid.Empty,
        Group = "platform",
        Title = title,
        Severity = severity,
        State = IncidentState.Open,
        OpenedAt = Now,
        Revision = 1,
    };
}
