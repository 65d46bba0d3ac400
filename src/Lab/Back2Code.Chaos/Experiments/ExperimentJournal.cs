using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments;

/// <summary>The record of a run in the shape of Chaos Toolkit's <c>journal.json</c>, which its reporting tools read.</summary>
public sealed class ExperimentJournal(Experiment experiment, DateTimeOffset start)
{
    // The reference writes characters as they are.
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, IndentSize = 2, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public DateTimeOffset Start { get; } = start;

    public DateTimeOffset? End { get; set; }

    public JournalStatus Status { get; set; } = JournalStatus.Completed;

    public bool Deviated { get; set; }

    public HypothesisState? Before { get; set; }

    public HypothesisState? After { get; set; }

    public List<HypothesisState> During { get; } = [];

    public DryMode Dry { get; init; }

    /// <summary>Hides the secrets of the run in all that is written.</summary>
    public SecretMask Mask { get; set; } = SecretMask.Empty;

    /// <summary>What the reference's journal has no place for, under the key <c>back2code</c>; null leaves it out.</summary>
    public JsonObject? Findings { get; set; }

    /// <summary>The title with its placeholders filled in.</summary>
    public string? Title { get; set; }

    public List<ActivityResult> Run { get; } = [];

    public List<ActivityResult> Rollbacks { get; } = [];

    public JsonObject ToJson(DateTimeOffset now)
    {
        var end = End ?? now;
        var copy = (JsonObject)Mask.Hide(experiment.Source.ToJson())!;
        copy["title"] = Mask.Hide(Title ?? experiment.Title);
        copy["dry"] = Strategies.WordOf(Dry);
        var json = new JsonObject
        {
            // Readers compare it with the version they know; this is the one whose journal we follow.
            ["chaoslib-version"] = "1.45.0",
            ["platform"] = RuntimeInformation.OSDescription,
            ["node"] = Environment.MachineName,
            ["experiment"] = copy,
            ["start"] = JournalTime.Format(Start),
            ["status"] = Status.ToString().ToLowerInvariant(),
            ["deviated"] = Deviated,
            ["steady_states"] = new JsonObject { ["before"] = Before?.ToJson(Mask), ["after"] = After?.ToJson(Mask), ["during"] = new JsonArray([.. During.Select(d => d.ToJson(Mask))]) },
            ["run"] = new JsonArray([.. Run.Select(r => r.ToJson(Mask))]),
            ["rollbacks"] = new JsonArray([.. Rollbacks.Select(r => r.ToJson(Mask))]),
            ["end"] = JournalTime.Format(end),
            ["duration"] = (end - Start).TotalSeconds,
        };
        if (Findings is not null)
        {
            json["back2code"] = Mask.Hide(Findings);
        }

        return json;
    }

    public Task WriteAsync(string path, DateTimeOffset now, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(path, ToJson(now).ToJsonString(Format) + "\n", cancellationToken);
}

/// <summary>How a run ended.</summary>
public enum JournalStatus
{
    Completed,
    Failed,
    Aborted,
    Interrupted,
}
