using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Back2Code.Chaos.Experiments.Reports;

/// <summary>The words that both forms of a report share.</summary>
internal static class JournalText
{
    // A page of output is read; a megabyte is in the journal.
    private const int MaxOutputCharacters = 4_000;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Time(DateTimeOffset? time) => time?.ToString("yyyy-MM-dd HH:mm:ss.fff 'UTC'", CultureInfo.InvariantCulture) ?? "unknown";

    public static string Duration(TimeSpan? duration) => duration is not { } d ? "unknown"
        : d.TotalMinutes >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)d.TotalMinutes} min {d.Seconds} s")
        : string.Create(CultureInfo.InvariantCulture, $"{d.TotalSeconds:0.###} s");

    public static string Took(JournalEntry entry) => entry is { Start: { } start, End: { } end } ? Duration(end - start) : "not finished";

    public static string Met(bool? met) => met switch { true => "met", false => "missed", null => "unknown" };

    public static string Tolerance(JournalEntry probe) => probe.ToleranceMet is { } met ? met ? "met" : "missed" : "not judged";

    public static string Output(JournalEntry entry)
    {
        var text = entry.Output?.ToJsonString(Indented) ?? "null";
        return text.Length <= MaxOutputCharacters ? text : string.Create(CultureInfo.InvariantCulture, $"{text[..MaxOutputCharacters]}\n… {text.Length - MaxOutputCharacters:N0} more characters are in the journal");
    }

    /// <summary>What is known of the run as a whole, label by label.</summary>
    public static IEnumerable<(string Label, string Value)> Facts(JournalView journal)
    {
        yield return ("Ending", journal.Ending);
        yield return ("Status", journal.Status);
        yield return ("Deviated", journal.Deviated ? "yes" : "no");
        yield return ("Started", Time(journal.Start));
        yield return ("Ended", Time(journal.End));
        yield return ("Duration", Duration(journal.Duration ?? journal.End - journal.Start));
        if (journal.SecondsToSteadyState is { } seconds)
        {
            yield return ("Steady again", string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s after the rollbacks"));
        }

        if (journal.Dry is { } dry)
        {
            yield return ("Dry mode", dry);
        }

        if (journal.Tags.Count > 0)
        {
            yield return ("Tags", string.Join(", ", journal.Tags));
        }

        if (journal.Contributions.Count > 0)
        {
            yield return ("Contributes to", string.Join(", ", journal.Contributions.Select(c => $"{c.Key} ({c.Value})")));
        }

        yield return ("Machine", $"{journal.Node ?? "unknown"}, {journal.Platform ?? "unknown"}");
        yield return ("Written by", journal.Version is { } version ? $"chaoslib {version}{(journal.Verdict is null ? "" : " format, Back2Code")}" : "unknown");
    }

    /// <summary>The checks of the hypothesis that were made.</summary>
    public static IEnumerable<(string Label, JournalState State)> Checks(JournalView journal)
    {
        if (journal.Before is { } before)
        {
            yield return ("Before the method", before);
        }

        for (var i = 0; i < journal.During.Count; i++)
        {
            yield return (string.Create(CultureInfo.InvariantCulture, $"During the method, check {i + 1}"), journal.During[i]);
        }

        if (journal.After is { } after)
        {
            yield return ("After the method", after);
        }
    }
}
