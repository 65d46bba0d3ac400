using System.Globalization;
using System.Text;

namespace Back2Code.Monitoring.Incidents;

/// <summary>
/// The postmortem in Markdown, with the headings of the template in Google's SRE book (appendix D): what is on record is filled in, what only people can
/// know is a question. Nothing is guessed.
/// </summary>
internal static class Postmortem
{
    private const int MaximumTimeline = 200;

    public static string Write(Incident incident)
    {
        IncidentMeasures measures = IncidentMeasures.Of(incident);
        var text = new StringBuilder();
        Head(text, incident);
        Summary(text, incident, measures);
        Impact(text, incident, measures);
        Causes(text, incident);
        Detection(text, incident, measures);
        Actions(text, incident);
        Lessons(text);
        Timeline(text, incident);
        Supporting(text, incident);
        return text.ToString();
    }

    private static void Head(StringBuilder text, Incident incident)
    {
        var people = incident.Timeline.Where(t => !PlatformEvent.Kinds.Contains(t.Kind)).Select(t => t.By).Append(incident.Commander).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        Line(text, $"# Postmortem: {Inline(incident.Title)}");
        Line(text, $"");
        Line(text, $"- **Incident:** {incident.Id}");
        Line(text, $"- **Date:** {incident.OpenedAt:yyyy-MM-dd}");
        Line(text, $"- **Authors:** {(people.Count == 0 ? "_Who writes this?_" : string.Join(", ", people.Select(Inline)))}");
        Line(text, $"- **Status:** {IncidentChanges.Text(incident.State)}{(incident.ReviewedAt is { } at ? $" at {at:u}" : incident.IsActive ? ", not over yet" : ", not reviewed yet")}");
        Line(text, $"- **Severity:** {IncidentChanges.Text(incident.Severity)}");
        Line(text, $"- **Incident commander:** {(incident.Commander is { } commander ? Inline(commander) : "nobody took command")}");
        Line(text, $"- **Services:** {(incident.Services.Any() ? string.Join(", ", incident.Services.Select(Inline)) : "_Which services were affected?_")}");
    }

    private static void Summary(StringBuilder text, Incident incident, IncidentMeasures measures)
    {
        Heading(text, "Summary");
        string opened = incident.OpenedBy is { } by ? $"{Inline(by)} opened it by hand" : $"{Inline(incident.FirstAlert?.Name ?? "an alert")} opened it";
        string end = incident.ResolvedAt is { } resolvedAt
            ? $"It ended at {resolvedAt:u}, {Span(resolvedAt - incident.OpenedAt)} later{(incident.ResolvedBy is { } who ? $", as {Inline(who)} told" : ", when its last alert did")}."
            : "It is not over.";
        Line(text, $"{Inline(incident.Title)}. At {incident.OpenedAt:u} {opened}. {end}");
        Line(text, $"");
        Line(text, $"_In two sentences, for somebody who was not there: what happened, and who noticed?_");
    }

    private static void Impact(StringBuilder text, Incident incident, IncidentMeasures measures)
    {
        Heading(text, "Impact");
        foreach (string slo in incident.Slos)
        {
            BudgetBurn? burn = incident.Budgets.FirstOrDefault(b => b.Slo == slo);
            string budget = burn is null
                ? "budget burnt is not known (Prometheus was not asked, or did not answer)"
                : $"{Percent(burn.BurntRatio)} of the period's error budget burnt, {Percent(burn.RemainingRatio)} left";
            Line(text, $"- {Inline(slo)}: {budget}.");
        }

        if (!incident.Slos.Any())
        {
            Line(text, $"- No objective's alert fired.");
        }

        string hurt = measures.MttrSeconds is { } seconds
            ? string.Create(CultureInfo.InvariantCulture, $"for {Span(TimeSpan.FromSeconds(seconds))}, from {measures.StartedAt:u}")
            : "for a time that is not on record: set `startedAt` if you know it";
        Line(text, $"- Users were hurt {hurt}.");
        Line(text, $"");
        Line(text, $"_How many users, which requests, what data? What did it cost?_");
    }

    private static void Causes(StringBuilder text, Incident incident)
    {
        Heading(text, "Root causes");
        Line(text, $"_Which conditions had to come together? Ask why five times, and stop at something that can be changed._");
        Heading(text, "Trigger");
        var told = incident.Timeline.Where(t => PlatformEvent.Kinds.Contains(t.Kind) && t.Kind != "fault.ended" && t.At <= (incident.ResolvedAt ?? DateTimeOffset.MaxValue)).OrderBy(t => t.At).ToList();
        foreach (TimelineEntry entry in told)
        {
            Line(text, $"- {entry.At:u} {entry.Kind}: {Inline(entry.Text)}");
        }

        string question = told.Count == 0 ? "Nothing is on record: no deploy, no change, no fault. What set it off?" : "Was it this? What else changed?";
        Line(text, $"_{question}_");
        Heading(text, "Resolution");
        var steps = incident.Timeline.Where(t => t.Kind is "incident.mitigated" or "incident.resolved").OrderBy(t => t.At).ToList();
        foreach (TimelineEntry entry in steps)
        {
            Line(text, $"- {entry.At:u} {Inline(entry.Text)}{(entry.By is { } by ? $" ({Inline(by)})" : "")}");
        }

        Line(text, $"_What was done that ended it? Did it end by itself?_");
    }

    private static void Detection(StringBuilder text, Incident incident, IncidentMeasures measures)
    {
        Heading(text, "Detection");
        if (incident.FirstAlert is { } first)
        {
            Line(text, $"{Inline(first.Name)} ({IncidentChanges.Text(first.Severity)}) fired at {first.StartsAt:u} and was here at {first.ReceivedAt:u}.");
        }
        else
        {
            Line(text, $"No alert told of it. _Which one should have?_");
        }

        Line(text, $"");
        Line(text, $"| measure | seconds | from | to |");
        Line(text, $"|---|---:|---|---|");
        string beginning = measures.StartedAtSource switch { "person" => "beginning, as told", "fault" => "fault, as revealed", _ => "beginning (not known)" };
        Row(text, "MTTD", measures.MttdSeconds, beginning, "detection");
        Row(text, "· telemetry lag", measures.Detection?.TelemetrySeconds, beginning, "first scrape that showed it");
        Row(text, "· window lag", measures.Detection?.WindowSeconds, "that scrape", "the scrape that made the rule true");
        Row(text, "· evaluation lag", measures.Detection?.EvaluationSeconds, "that scrape", "the evaluation that fired");
        Row(text, "· notification lag", measures.Detection?.NotificationSeconds, "that evaluation", "arrival here");
        Row(text, "MTTA", measures.MttaSeconds, beginning, "acknowledgement");
        Row(text, "MTTR", measures.MttrSeconds, beginning, "mitigation or end, the earlier");
        Row(text, "detected to acknowledged", measures.DetectedToAcknowledgedSeconds, "detection", "acknowledgement");
        Row(text, "detected to resolved", measures.DetectedToResolvedSeconds, "detection", "end");
    }

    private static void Actions(StringBuilder text, Incident incident)
    {
        Heading(text, "Action items");
        if (incident.Actions.IsEmpty)
        {
            Line(text, $"None yet. _What prevents it, what mitigates it, what detects it sooner, what changes in how we work?_");
            Line(text, $"");
            Line(text, $"Add one with `back2code incident action {incident.Id} --type prevent --owner NAME \"…\"`.");
            return;
        }

        Line(text, $"| action item | type | owner | tracked in | done |");
        Line(text, $"|---|---|---|---|---|");
        foreach (ActionItem action in incident.Actions)
        {
            Line(text, $"| {Inline(action.Title)} | {action.Type} | {Inline(action.Owner)} | {Inline(action.Reference ?? "")} | {(action.IsDone ? "yes" : "no")} |");
        }
    }

    private static void Lessons(StringBuilder text)
    {
        Heading(text, "Lessons learned");
        Line(text, $"**What went well.** _What worked as it was meant to?_");
        Line(text, $"");
        Line(text, $"**What went wrong.** _What was slow, missing or misleading?_");
        Line(text, $"");
        Line(text, $"**Where we got lucky.** _What would have made it worse, and did not happen?_");
    }

    private static void Timeline(StringBuilder text, Incident incident)
    {
        Heading(text, "Timeline");
        Line(text, $"Times are UTC. \"Recorded\" is how much later it became known.");
        Line(text, $"");
        Line(text, $"| at | recorded | what | by |");
        Line(text, $"|---|---:|---|---|");
        var entries = incident.Timeline.OrderBy(t => t.At).ToList();
        foreach (TimelineEntry entry in entries.Take(MaximumTimeline))
        {
            Line(text, $"| {entry.At:yyyy-MM-dd HH:mm:ss.fff} | {Recorded(entry)} | {Inline(entry.Text)} | {Inline(entry.By ?? "")} |");
        }

        if (entries.Count > MaximumTimeline)
        {
            Line(text, $"");
            Line(text, $"{entries.Count - MaximumTimeline} more entries are in the incident.");
        }
    }

    private static void Supporting(StringBuilder text, Incident incident)
    {
        Heading(text, "Supporting information");
        foreach (var group in incident.Alerts.GroupBy(a => a.Name).OrderBy(g => g.Min(a => a.StartsAt)))
        {
            int episodes = group.Count();
            string runbook = group.First().Annotations.GetValueOrDefault("runbook") is { Length: > 0 } link ? $"; runbook: {Inline(link)}" : "";
            Line(text, $"- {Inline(group.Key)} ({IncidentChanges.Text(group.Max(a => a.Severity))}) fired {episodes} {(episodes == 1 ? "time" : "times")}, first at {group.Min(a => a.StartsAt):u}{runbook}");
        }

        Line(text, $"");
        Line(text, $"_Graphs, logs, and the incident channel._");
    }

    private static void Row(StringBuilder text, string measure, double? seconds, string from, string to) =>
        Line(text, $"| {measure} | {(seconds is { } s ? s.ToString("0.000", CultureInfo.InvariantCulture) : "not known")} | {from} | {to} |");

    private static string Recorded(TimelineEntry entry) =>
        entry.RecordedAt - entry.At is { } late && late >= TimeSpan.FromMilliseconds(1) ? "+" + Span(late) : "";

    private static string Span(TimeSpan span) => span.TotalMinutes < 2
        ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s")
        : span.TotalHours < 2
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalMinutes} min {span.Seconds} s")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours} h {span.Minutes} min");

    private static string Percent(double ratio) => (ratio * 100).ToString("0.###", CultureInfo.InvariantCulture) + " %";

    private static void Heading(StringBuilder text, string heading)
    {
        Line(text, $"");
        Line(text, $"## {heading}");
        Line(text, $"");
    }

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>Labels and notes come from outside and are text, not Markdown and not HTML.</summary>
    private static string Inline(string text)
    {
        var safe = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (char.IsControl(c))
            {
                safe.Append(' ');
            }
            else
            {
                if (c is '\\' or '`' or '*' or '_' or '[' or ']' or '<' or '>' or '|' or '#' or '~')
                {
                    safe.Append('\\');
                }

                safe.Append(c);
            }
        }

        return safe.ToString();
    }

}
