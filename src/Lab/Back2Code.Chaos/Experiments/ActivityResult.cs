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

    /// <summary>Only where a tolerance is judged: hypothesis probes, and what the extension names.</summary>
    public bool? ToleranceMet { get; internal set; }

    /// <summary>Only where the extension gave it time.</summary>
    public EventuallyResult? Waited { get; internal set; }

    public string Name => Activity["name"]?.ToString() ?? "";

    /// <summary>What came of it in a few words: the status if the output has one, the whole output, or the failure.</summary>
    public string Describe()
    {
        var output = Output is JsonObject map && map.TryGetPropertyValue("status", out var status) ? status : Output;
        var text = Succeeded ? $"answered {output?.ToJsonString() ?? "nothing"}" : $"failed: {Exception?[0] ?? "it did not end"}";
        return text.Length <= 300 ? text : text[..297] + "...";
    }

    public void Succeed(DateTimeOffset at, JsonNode? output)
    {
        (End, Succeeded, Output) = (at, true, output);
    }

    public void Fail(DateTimeOffset at, string reason, JsonNode? output = null)
    {
        (End, Succeeded, Output, Exception) = (at, false, output, reason.Split('\n'));
    }

    /// <summary>A later look at the same activity takes the place of this one; the start stays.</summary>
    internal void Replace(ActivityResult later) =>
        (End, Succeeded, Output, Exception, ToleranceMet) = (later.End, later.Succeeded, later.Output, later.Exception, later.ToleranceMet);

    /// <summary>The reference's shape of a run result, with every secret hidden.</summary>
    public JsonObject ToJson(SecretMask? mask = null)
    {
        mask ??= SecretMask.Empty;
        var json = new JsonObject
        {
            ["activity"] = mask.Hide(Activity),
            ["output"] = mask.Hide(Output),
            ["start"] = JournalTime.Format(Start),
        };

        // An entry whose run was cut off has neither status nor end, exactly as one still in the background.
        if (End is { } end)
        {
            json["status"] = Succeeded ? "succeeded" : "failed";
            if (Exception is { } lines)
            {
                json["exception"] = new JsonArray([.. lines.Select(line => JsonValue.Create(mask.Hide(line)))]);
            }

            json["end"] = JournalTime.Format(end);
            json["duration"] = (end - Start).TotalSeconds;
        }

        if (ToleranceMet is { } met)
        {
            json["tolerance_met"] = met;
        }

        if (Waited is { } waited)
        {
            json["back2code"] = new JsonObject { ["looks"] = waited.Looks, ["seconds"] = waited.Elapsed.TotalSeconds };
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
