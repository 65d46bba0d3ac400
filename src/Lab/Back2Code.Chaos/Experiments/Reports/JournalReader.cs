using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.Chaos.Experiments.Reports;

/// <summary>
/// Reads a journal, ours or one that Chaos Toolkit wrote, whatever its version: what is missing is left out, what is there with another type is an
/// error that names its place.
/// </summary>
public static class JournalReader
{
    // Outputs are in journals; far above any that people keep.
    private const long MaxBytes = 64L * 1024 * 1024;

    /// <exception cref="JournalFormatException">Cannot be read, or is no journal.</exception>
    public static JournalView Load(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            return length <= MaxBytes
                ? Parse(File.ReadAllText(path, Encoding.UTF8), path)
                : throw new JournalFormatException($"{path}: the file has {length:N0} bytes; a journal may have {MaxBytes:N0}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new JournalFormatException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>From a file or, within the limits of downloads, from the network.</summary>
    /// <exception cref="JournalFormatException">Cannot be had, or is no journal.</exception>
    public static async Task<JournalView> LoadAsync(string source, ExperimentSourceOptions options, CancellationToken cancellationToken)
    {
        if (!ExperimentSource.IsUrl(source))
        {
            return Load(source);
        }

        var name = BoundedDownload.WithoutCredentials(source);
        try
        {
            // Whatever its content type: servers of files give journals as anything, and JSON shows itself.
            return Parse((await BoundedDownload.GetAsync(source, options, MaxBytes, cancellationToken)).Text, name);
        }
        catch (DownloadException e)
        {
            throw new JournalFormatException($"{name}: {e.Message}", e);
        }
    }

    /// <exception cref="JournalFormatException">Is no journal.</exception>
    public static JournalView Parse(string text, string name)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject root ? new Reader(name, MaskOf(root)).Read(root) : throw new JournalFormatException($"{name}: a journal is a JSON object");
        }
        catch (JsonException e)
        {
            throw new JournalFormatException($"{name}:{(e.LineNumber ?? 0) + 1}:{(e.BytePositionInLine ?? 0) + 1}: not valid JSON", e);
        }
        catch (ArgumentException e)
        {
            // JsonNode finds a repeated key only when it is looked up.
            throw new JournalFormatException($"{name}: a key is given twice in one object: {e.Message}", e);
        }
    }

    /// <summary>The reference writes literal secrets into the journal's copy of the experiment; a report must not spread them.</summary>
    private static SecretMask MaskOf(JsonObject root) =>
        (root["experiment"] as JsonObject)?["secrets"] is JsonObject secrets
            ? new SecretMask(secrets.SelectMany(group => group.Value is JsonObject map ? map.Where(e => e.Value is JsonValue).Select(e => e.Value) : []))
            : SecretMask.Empty;

    private sealed class Reader(string name, SecretMask mask)
    {
        public JournalView Read(JsonObject root)
        {
            var experiment = Map(root, "experiment") ?? throw new JournalFormatException($"{name}: a journal has the key 'experiment'; this is none");
            var states = Map(root, "steady_states");
            var own = Map(root, "back2code");
            return new JournalView
            {
                Title = Text(experiment, "title") ?? "Untitled experiment",
                Description = Text(experiment, "description") ?? "",
                Tags = [.. List(experiment, "tags").Select(t => mask.Hide(Placeholders.AsText(t)))],
                Contributions = Map(experiment, "contributions")?.ToDictionary(c => c.Key, c => mask.Hide(Placeholders.AsText(c.Value))) ?? [],
                Hypothesis = Map(experiment, "steady-state-hypothesis") is { } hypothesis ? Text(hypothesis, "title") : null,
                Dry = Text(experiment, "dry"),
                Status = Text(root, "status") ?? "unknown",
                Deviated = root["deviated"] is { } deviated && Values.IsTruthy(deviated),
                Version = Text(root, "chaoslib-version"),
                Platform = Text(root, "platform"),
                Node = Text(root, "node"),
                Start = Time(root, "start"),
                End = Time(root, "end"),
                Duration = Number(root, "duration") is { } seconds and >= 0 and < 1e8 ? TimeSpan.FromSeconds(seconds) : null,
                Before = State(states, "before"),
                After = State(states, "after"),
                During = states is null ? [] : [.. List(states, "during").OfType<JsonObject>().Select((s, i) => ReadState(s, $"steady_states.during[{i}]"))],
                Run = Results(root, "run"),
                Rollbacks = Results(root, "rollbacks"),
                Verdict = own is null ? null : Text(own, "verdict"),
                Reason = own is null ? null : Text(own, "reason"),
                SecondsToSteadyState = own is null || Map(own, "restored") is not { } restored ? null : Number(restored, "secondsAfterRollbacks"),
            };
        }

        private JournalState? State(JsonObject? states, string key) => states is not null && Map(states, key) is { } state ? ReadState(state, $"steady_states.{key}") : null;

        private JournalState ReadState(JsonObject state, string place) => new(
            state["steady_state_met"] is { } met ? Values.IsTruthy(met) : null,
            [.. List(state, "probes").OfType<JsonObject>().Select((p, i) => Result(p, $"{place}.probes[{i}]"))]);

        private IReadOnlyList<JournalEntry> Results(JsonObject root, string key) =>
            [.. List(root, key).OfType<JsonObject>().Select((r, i) => Result(r, $"{key}[{i}]"))];

        private JournalEntry Result(JsonObject result, string place)
        {
            var activity = Map(result, "activity", place) ?? [];
            return new JournalEntry
            {
                Name = Text(activity, "name") ?? Text(activity, "ref") ?? "(no name)",
                Type = Text(activity, "type") ?? "activity",
                Provider = Describe(Map(activity, "provider", place)),
                Background = activity["background"] is { } background && Values.IsTruthy(background),
                Tolerance = activity["tolerance"] is { } tolerance ? mask.Hide(Placeholders.AsText(tolerance)) : null,
                Status = Text(result, "status") ?? "not finished",
                ToleranceMet = result["tolerance_met"] is { } met ? Values.IsTruthy(met) : null,
                Start = Time(result, "start"),
                End = Time(result, "end"),
                Output = mask.Hide(result["output"]),
                Exception = [.. List(result, "exception").Select(l => mask.Hide(Placeholders.AsText(l)).TrimEnd('\n'))],
            };
        }

        private string Describe(JsonObject? provider)
        {
            string[] keys = ["type", "method", "url", "path", "module", "func", "query", "slo", "fault", "target"];
            return provider is null ? "" : mask.Hide(string.Join(' ', keys.Select(k => provider[k]).OfType<JsonNode>().Select(Placeholders.AsText)));
        }

        private JsonObject? Map(JsonObject map, string key, string place = "") => map[key] switch
        {
            null => null,
            JsonObject found => found,
            var other => throw new JournalFormatException($"{name}: '{Join(place, key)}' must be an object, not {other.GetValueKind()}"),
        };

        private JsonArray List(JsonObject map, string key) => map[key] switch
        {
            null => [],
            JsonArray found => found,
            JsonValue single => [single.DeepClone()],
            var other => throw new JournalFormatException($"{name}: '{key}' must be a list, not {other.GetValueKind()}"),
        };

        private string? Text(JsonObject map, string key) => map[key] is { } value ? mask.Hide(Placeholders.AsText(value)) : null;

        private static double? Number(JsonObject map, string key) => Values.AsNumber(map[key]);

        /// <summary>Older versions of the reference wrote UTC without saying so.</summary>
        private static DateTimeOffset? Time(JsonObject map, string key) =>
            map[key] is { } value && DateTimeOffset.TryParse(Placeholders.AsText(value), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
                ? time
                : null;

        private static string Join(string place, string key) => place.Length == 0 ? key : $"{place}.{key}";
    }
}

/// <summary>The file is no journal of Chaos Toolkit, or cannot be read.</summary>
public sealed class JournalFormatException(string message, Exception? cause = null) : Exception(message, cause);
