using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Back2Code.Cli.Commands;

/// <summary>Incidents for people: a table of many, a page of one.</summary>
internal static class IncidentTable
{
    // What tells two incidents of one platform apart; ids begin with the time, so their ends differ first.
    private const int ShortId = 8;

    public static void List(JsonElement page)
    {
        var items = page.GetProperty("items").EnumerateArray().ToList();
        if (items.Count == 0)
        {
            Console.WriteLine("No incidents.");
            return;
        }

        Table table = new Table().Border(TableBorder.Rounded).AddColumns("id", "opened (UTC)", "lasted", "severity", "state", "commander", "title");
        foreach (JsonElement incident in items)
        {
            table.AddRow(
                IdOf(incident),
                At(incident, "openedAt") is { } opened ? opened.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "",
                Lasted(incident),
                Coloured(Text(incident, "severity")),
                Text(incident, "state"),
                Markup.Escape(Text(incident, "commander")),
                Markup.Escape(Text(incident, "title")));
        }

        Out().Write(table);
        if (page.TryGetProperty("complete", out JsonElement complete) && !complete.GetBoolean())
        {
            Console.WriteLine("PostgreSQL is away: these are the incidents that monitoring has in memory.");
        }
    }

    public static void Show(JsonElement incident)
    {
        IAnsiConsole console = Out();
        console.MarkupLine($"[bold]{Markup.Escape(Text(incident, "title"))}[/]");
        console.MarkupLine($"{Text(incident, "id")}  ·  {Coloured(Text(incident, "severity"))}  ·  {Text(incident, "state")}  ·  {Markup.Escape(Text(incident, "commander") is { Length: > 0 } c ? c : "nobody")} commands");
        string services = string.Join(", ", incident.GetProperty("services").EnumerateArray().Select(s => s.GetString()));
        console.MarkupLine($"affects {Markup.Escape(services.Length > 0 ? services : "nothing that anybody has named")}");
        foreach (JsonElement slo in incident.GetProperty("slos").EnumerateArray())
        {
            string burnt = Number(slo, "budgetBurntRatio") is { } b ? string.Create(CultureInfo.InvariantCulture, $"{b * 100:0.###} % of the budget burnt") : "budget burnt not known";
            console.MarkupLine(Markup.Escape($"{Text(slo, "name")}: {burnt}"));
        }

        console.Write(Measures(incident.GetProperty("measures")));
        console.Write(Timeline(incident.GetProperty("timeline")));
        if (incident.GetProperty("actions").GetArrayLength() > 0)
        {
            console.Write(Actions(incident.GetProperty("actions")));
        }
    }

    /// <summary>One line, after a change.</summary>
    public static void Say(JsonElement incident) =>
        Console.WriteLine($"{IdOf(incident)} {Text(incident, "state")}, {Text(incident, "severity")}: {Text(incident, "title")}");

    private static Table Measures(JsonElement measures)
    {
        JsonElement detection = measures.GetProperty("detection");
        Table table = new Table().Border(TableBorder.Rounded).AddColumns("MTTD", "telemetry", "window", "evaluation", "notification", "MTTA", "MTTR", "detected → ack", "detected → resolved");
        return table.AddRow(
            Seconds(measures, "mttdSeconds"),
            Seconds(detection, "telemetrySeconds"),
            Seconds(detection, "windowSeconds"),
            Seconds(detection, "evaluationSeconds"),
            Seconds(detection, "notificationSeconds"),
            Seconds(measures, "mttaSeconds"),
            Seconds(measures, "mttrSeconds"),
            Seconds(measures, "detectedToAcknowledgedSeconds"),
            Seconds(measures, "detectedToResolvedSeconds"));
    }

    private static Table Timeline(JsonElement entries)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumns("at (UTC)", "recorded", "what", "by");
        foreach (JsonElement entry in entries.EnumerateArray())
        {
            DateTimeOffset at = At(entry, "at")!.Value;
            TimeSpan late = At(entry, "recordedAt")!.Value - at;
            table.AddRow(
                at.UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture),
                late >= TimeSpan.FromMilliseconds(1) ? string.Create(CultureInfo.InvariantCulture, $"+{late.TotalSeconds:0.0} s") : "",
                Markup.Escape(Text(entry, "text")),
                Markup.Escape(Text(entry, "by")));
        }

        return table;
    }

    private static Table Actions(JsonElement actions)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumns("#", "action item", "type", "owner", "tracked in", "done");
        foreach (JsonElement action in actions.EnumerateArray())
        {
            table.AddRow(
                action.GetProperty("number").GetInt32().ToString(CultureInfo.InvariantCulture),
                Markup.Escape(Text(action, "title")),
                Text(action, "type"),
                Markup.Escape(Text(action, "owner")),
                Markup.Escape(Text(action, "reference")),
                action.GetProperty("done").GetBoolean() ? "yes" : "no");
        }

        return table;
    }

    /// <summary>Colours are for terminals; a file or a pipe gets plain text, as wide as it needs.</summary>
    internal static IAnsiConsole Out()
    {
        if (!Console.IsOutputRedirected)
        {
            return AnsiConsole.Console;
        }

        IAnsiConsole plain = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(Console.Out) });
        plain.Profile.Width = 200;
        return plain;
    }

    private static string Lasted(JsonElement incident) => At(incident, "resolvedAt") is { } end && At(incident, "openedAt") is { } begin
        ? (end - begin) is { TotalMinutes: < 2 } s
            ? string.Create(CultureInfo.InvariantCulture, $"{s.TotalSeconds:0.0} s")
            : string.Create(CultureInfo.InvariantCulture, $"{(end - begin).TotalMinutes:0} min")
        : "goes on";

    private static string IdOf(JsonElement incident) => Text(incident, "id")[^ShortId..];

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";

    private static DateTimeOffset? At(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetDateTimeOffset() : null;

    private static double? Number(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static string Seconds(JsonElement element, string name) => Number(element, name) is { } s ? string.Create(CultureInfo.InvariantCulture, $"{s:0.00} s") : "–";

    private static string Coloured(string severity) => severity switch
    {
        "critical" => "[red]critical[/]",
        "error" => "[red]error[/]",
        "warning" => "[yellow]warning[/]",
        _ => severity,
    };
}
