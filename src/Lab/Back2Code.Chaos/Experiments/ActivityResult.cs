using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments;

/// <summary>One entry of the journal: what was run, when, and what came of it. Made when the activity starts and completed when it ends.</summary>
public sealed class ActivityResult(JsonObject activity, DateTimeOffset start)
{
    /// <summary>The activity as written.</summary>
    public JsonObject Activity { get; } = activity;

    public DateTimeOffset Start { get; } = start;

    public DateTimeOffset? End { get; private set; }

    public bool Succeeded { get; private set; }

    public JsonNode? Output { get; private set; }

    /// <summary>Lines of the failure; null after success.</summary>
    public IReadOnlyList<string>? Exception { get; private set; }

    /// <summary>Only for hypothesis probes.</summary>
    public bool? ToleranceMet { get; internal set; }

    public string Name => Activity["name"]?.ToString() ?? "";

    public void Succeed(DateTimeOffset at, JsonNode? output)
    {
        (End, Succeeded, Output) = (at, true, output);
    }

    public void Fail(DateTimeOffset at, string reason, JsonNode? output = null)
    {
        (End, Succeeded, Output, Exception) = (at, false, output, reason.Split('\n'));
    }

    /// <summary>The reference's shape of a run result.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["activity"] = Activity.DeepClone(),
            ["output"] = Output?.DeepClone(),
            ["start"] = JournalTime.Format(Start),
        };

        // An entry whose run was cut off has neither status nor end, exactly as one still in the background.
        if (End is { } end)
        {
            json["status"] = Succeeded ? "succeeded" : "failed";
            if (Exception is { } lines)
            {
                json["exception"] = new JsonArray([.. lines.Select(line => JsonValue.Create(line))]);
            }

            json["end"] = JournalTime.Format(end);
            json["duration"] = (end - Start).TotalSeconds;
        }

        if (ToleranceMet is { } met)
        {
            json["tolerance_met"] = met;
        }

        return json;
    }
}

/// <summary>Times as Python's <c>isoformat()</c> writes them in the reference's journal.</summary>
public static class JournalTime
{
    public static string Format(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", System.Globalization.CultureInfo.InvariantCulture);
}
