using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace Back2Code.Lab.Campaigns;

/// <summary>A campaign in the form that build servers read: one test case a run, and one a drill for the comparison with a baseline.</summary>
public static class JUnitXml
{
    public static string Of(Campaign campaign, BaselineComparison? baseline)
    {
        var suites = new XElement("testsuites", Suite("back2code.drills", campaign.StartedAt, [.. campaign.Obstacle is { } obstacle ? (XElement[])[NoPlatform(obstacle)] : [], .. campaign.Runs.Select(Case), .. campaign.Skipped.Select(Case)]));
        if (baseline is not null)
        {
            suites.Add(Suite("back2code.baseline", campaign.StartedAt, [.. campaign.Runs.Select(r => r.Drill).Distinct().Append("").Select(drill => Case(drill, baseline))]));
        }

        return new XDocument(new XDeclaration("1.0", "utf-8", null), suites).Declaration + "\n" + suites + "\n";
    }

    private static XElement Suite(string name, DateTimeOffset at, IReadOnlyList<XElement> cases) => new(
        "testsuite",
        new XAttribute("name", name),
        new XAttribute("timestamp", at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)),
        new XAttribute("tests", cases.Count),
        new XAttribute("failures", cases.Count(c => c.Element("failure") is not null)),
        new XAttribute("errors", cases.Count(c => c.Element("error") is not null)),
        new XAttribute("skipped", cases.Count(c => c.Element("skipped") is not null)),
        new XAttribute("time", Number(cases.Sum(c => double.Parse(c.Attribute("time")!.Value, CultureInfo.InvariantCulture)))),
        cases);

    private static XElement Case(RunResult run)
    {
        var one = Named("back2code.drills", run.Drill, run.Round, run.Seconds);
        var missed = run.Objectives.Where(o => !o.Met).ToList();
        switch (run.ExitCode)
        {
            case 0:
                break;
            case 1:
                one.Add(new XElement("failure", new XAttribute("message", Clean($"missed {string.Join(", ", missed.Select(o => o.Name))}")), Clean(run.Reason)));
                break;
            default:
                // It says nothing about the platform's promises: the drill itself did not work out.
                one.Add(new XElement("error", new XAttribute("message", run.Status), new XAttribute("type", FormattableString.Invariant($"exit code {run.ExitCode}")), Clean(run.Reason)));
                break;
        }

        one.Add(new XElement("system-out", Clean(string.Join('\n', run.Objectives.Select(o => FormattableString.Invariant($"{o.Name}: {o.Measured?.ToString("R", CultureInfo.InvariantCulture) ?? "nothing measured"} of at most {o.Target} {o.Unit}"))))));
        return one;
    }

    /// <summary>Of its own: what was skipped alone would leave the build green.</summary>
    private static XElement NoPlatform(string why)
    {
        var one = Named("back2code.drills", "the platform", 1, 0);
        one.Add(new XElement("error", new XAttribute("message", "there was no platform to play on"), Clean(why)));
        return one;
    }

    private static XElement Case(SkippedRun skipped)
    {
        var one = Named("back2code.drills", skipped.Drill, skipped.Round, 0);
        one.Add(new XElement("skipped", new XAttribute("message", Clean(skipped.Why))));
        return one;
    }

    private static XElement Case(string drill, BaselineComparison baseline)
    {
        var one = Named("back2code.baseline", drill.Length == 0 ? "alert rules" : drill, 1, 0);
        var worse = baseline.Regressions.Where(r => r.Drill == drill).ToList();
        if (worse.Count > 0)
        {
            one.Add(new XElement("failure", new XAttribute("message", Clean(worse[0].Text)), Clean(string.Join('\n', worse.Select(r => r.Text)))));
        }

        return one;
    }

    private static XElement Named(string suite, string name, int round, double seconds) => new(
        "testcase",
        new XAttribute("classname", suite),
        new XAttribute("name", Clean(round == 1 ? name : FormattableString.Invariant($"{name} (round {round})"))),
        new XAttribute("time", Number(seconds)));

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>XML has no place for most control characters, and an answer of a broken service may hold any.</summary>
    private static string Clean(string? text) =>
        string.Concat((text ?? "").EnumerateRunes().Where(r => r.Value is '\n' or '\t' || (!Rune.IsControl(r) && r.Value is not (0xFFFE or 0xFFFF))));
}
