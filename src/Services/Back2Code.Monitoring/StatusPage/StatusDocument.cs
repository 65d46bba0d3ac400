using System.Globalization;
using Back2Code.Monitoring.Budgets;
using Back2Code.Monitoring.Health;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.StatusPage;

/// <summary>The status page as HTML. Pure: the same facts give the same page. States are words and marks, never colour alone.</summary>
internal static class StatusDocument
{
    public static string Render(StatusFacts facts) => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>{Title(facts.Verdict)} · Back2Code status</title>
        <style>{Style}</style>
        </head>
        <body>
        <main>
        <header class="{ClassOf(facts.Verdict)}">
        <p class="kicker">Back2Code status</p>
        <h1><span class="mark" aria-hidden="true"></span>{Title(facts.Verdict)}</h1>
        <p class="lead">As of {Time(facts.Now)}. <a href="">Look again</a></p>
        </header>
        {Incidents(facts)}
        {Services(facts)}
        {Budgets(facts)}
        {Checks(facts)}
        <footer><p>For machines: <code>/v1/health</code>, <code>/v1/slos</code>, <code>/v1/incidents</code>. Times are UTC.</p></footer>
        </main>
        </body>
        </html>

        """).ToString();

    /// <summary>Our own text, so it is markup; and without a character that HTML would take for more.</summary>
    private static Html Style => Html.Raw(StatusStyle.Css);

    private static string Title(StatusVerdict verdict) => verdict switch
    {
        StatusVerdict.Well => "All is well",
        StatusVerdict.PartlyUnknown => "Not everything is known",
        StatusVerdict.NeedsAttention => "Something needs attention",
        _ => "Users are affected",
    };

    private static string ClassOf(StatusVerdict verdict) => verdict switch
    {
        StatusVerdict.Well => "ok",
        StatusVerdict.PartlyUnknown => "unknown",
        StatusVerdict.NeedsAttention => "warning",
        _ => "critical",
    };

    private static Html Incidents(StatusFacts facts)
    {
        if (facts.Incidents.Count == 0)
        {
            return Html.Of($"<section aria-labelledby=\"incidents\"><h2 id=\"incidents\">Active incidents</h2><p>None.</p></section>");
        }

        return Html.Of($"""
            <section aria-labelledby="incidents"><h2 id="incidents">Active incidents</h2><ul class="cards">
            {new Html().AddRange(facts.Incidents, i => Html.Of($"""
                <li class="{SeverityClass(i)}"><strong>{i.Title}</strong>
                <span class="note">{IncidentChanges.Text(i.Severity)}, {IncidentChanges.Text(i.State)}, since {Time(i.OpenedAt)} ({Ago(facts.Now, i.OpenedAt)}), {Amount.Count(i.Alerts.Count(a => a.IsActive), "active alert")}</span></li>

                """))}
            </ul></section>
            """);
    }

    private static Html Services(StatusFacts facts) => Html.Of($"""
        <section aria-labelledby="services"><h2 id="services">Services</h2><ul class="cards grid">
        {new Html().AddRange(facts.Services, s => Html.Of($"""
            <li class="{s.State.Text()}"><strong>{s.Name}</strong> {Badge(s.State.Text())}
            <span class="note">{Processes(s)}</span><span class="note">{Objectives(s)}</span></li>

            """))}
        </ul></section>
        """);

    private static string Processes(ServiceFacts service) => service.Processes.Count == 0
        ? "processes are not known"
        : $"{service.Processes.Count(p => p.State == HealthState.Ok)} of {Amount.Count(service.Processes.Count, "process answers", "processes answer")}";

    private static string Objectives(ServiceFacts service) => service.Budgets.Count == 0
        ? "no objective"
        : $"{service.Budgets.Count(b => b.State == "ok")} of {Amount.Count(service.Budgets.Count, "objective is well", "objectives are well")}";

    private static Html Budgets(StatusFacts facts)
    {
        if (!facts.Budgets.Available)
        {
            return Html.Of($"<section aria-labelledby=\"objectives\"><h2 id=\"objectives\">Objectives</h2><p class=\"warn\">The error budgets are not known: {facts.Budgets.Failure}.</p></section>");
        }

        return Html.Of($"""
            <section aria-labelledby="objectives"><h2 id="objectives">Objectives</h2>
            {Staleness(facts)}
            <div class="scroll" tabindex="0" role="region" aria-labelledby="objectives"><table>
            <thead><tr><th scope="col">Objective</th><th scope="col">State</th><th scope="col">Error budget left</th><th scope="col" class="num">Burn rate</th><th scope="col" class="num">Gone in</th><th scope="col" class="num">Data covers</th></tr></thead>
            <tbody>
            {new Html().AddRange(facts.Budgets.Budgets, Row)}
            </tbody></table></div>
            <p class="note">The burn rate is that of the last hour; 1 would spend the budget exactly over its period. What no data covers counts as good.</p></section>
            """);
    }

    private static Html Staleness(StatusFacts facts) => facts.Budgets.Failure is { } failure
        ? Html.Of($"<p class=\"warn\">Last known figures: {failure}.</p>")
        : facts.Budgets.Budgets.Any(b => b.Stale) ? Html.Of($"<p class=\"warn\">Some figures are old or missing: Prometheus has recorded nothing lately.</p>") : new Html();

    private static Html Row(BudgetView b) => Html.Of($"""
        <tr><th scope="row">{b.DisplayName}<span class="note">{Amount.Percent((double)b.Objective)} over {b.Period}{Age(b)}</span></th><td>{Badge(b.State)}</td><td>{Bar(b.Budget.Remaining)}</td><td class="num">{Number(b.BurnRates.FirstOrDefault(w => w.Window == b.Pairs[0].LongWindow)?.Rate)}</td><td class="num">{(b.TimeToExhaustionSeconds is { } s ? Amount.Seconds(s) : "–")}</td><td class="num">{(b.Coverage.Ratio is { } c ? Amount.Percent(c) : "–")}</td></tr>

        """);

    private static string Age(BudgetView b) => b is { Stale: true, AgeSeconds: { } age } ? $", figures of {Amount.Seconds(age)} ago" : "";

    /// <summary>A bar as a drawing: the page's policy forbids styles in attributes, and a drawing's sizes are none.</summary>
    private static Html Bar(double? remaining)
    {
        if (remaining is not { } left)
        {
            return Html.Of($"–");
        }

        double width = Math.Clamp(left, 0, 1) * 120;
        string level = left switch { <= 0 => "critical", < 0.25 => "warning", _ => "ok" };
        return Html.Of($"""<svg class="bar" viewBox="0 0 120 10" width="120" height="10" aria-hidden="true"><rect class="track" width="120" height="10" rx="5"/><rect class="{level}" width="{width}" height="10" rx="5"/></svg> {Amount.Percent(left)}""");
    }

    private static Html Checks(StatusFacts facts) => Html.Of($"""
        <section aria-labelledby="checks"><h2 id="checks">Checks</h2>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="checks"><table>
        <thead><tr><th scope="col">Check</th><th scope="col">State</th><th scope="col">Found</th><th scope="col" class="num">Looked</th></tr></thead>
        <tbody>
        {new Html().AddRange(
            facts.Checks.OrderByDescending(c => c.State.Rank()).ThenBy(c => c.Title, StringComparer.Ordinal).ThenBy(c => c.Finding.Target, StringComparer.Ordinal),
            c => Html.Of($"""
                <tr><th scope="row">{c.Title}{(c.Finding.Target.Length > 0 ? Html.Of($"<span class=\"note\">{c.Finding.Target}</span>") : new Html())}</th><td>{Badge(c.State.Text())}</td><td>{c.Finding.Summary}</td><td class="num">{Ago(facts.Now, c.CheckedAt)}</td></tr>

                """))}
        </tbody></table></div></section>
        """);

    private static Html Badge(string state) => Html.Of($"<span class=\"badge {state}\">{(state == "notApplicable" ? "not applicable" : state)}</span>");

    private static string SeverityClass(Incident incident) => incident.Severity >= Alerts.Severity.Error ? "critical" : "warning";

    private static Html Time(DateTimeOffset at) =>
        Html.Of($"<time datetime=\"{at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}\">{at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}</time>");

    private static string Ago(DateTimeOffset now, DateTimeOffset at) => $"{Amount.Seconds(Math.Max(0, Math.Round((now - at).TotalSeconds)))} ago";

    private static string Number(double? value) => value is { } v ? v.ToString("0.##", CultureInfo.InvariantCulture) : "–";
}
