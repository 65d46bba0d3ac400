using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Experiments.Notifications;

namespace Back2Code.Chaos.Experiments;

/// <summary>What is used of Chaos Toolkit's own settings file (<c>~/.chaostoolkit/settings.yaml</c>): tokens for downloads, strategies, and whom to notify.</summary>
public sealed record ChaosSettings
{
    public static readonly ChaosSettings None = new();

    /// <summary>Bearer tokens by host or host:port.</summary>
    public IReadOnlyDictionary<string, string> Tokens { get; init; } = new Dictionary<string, string>();

    public RollbackStrategy? Rollback { get; init; }

    public HypothesisStrategy? Hypothesis { get; init; }

    /// <summary>Who is told of a run over HTTP.</summary>
    public IReadOnlyList<NotificationChannel> Channels { get; init; } = [];

    /// <summary>Parts that have no effect here.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    public static string DefaultPath => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".chaostoolkit", "settings.yaml");

    /// <exception cref="InvalidExperimentException">The file cannot be read, or a part of it that is used is wrong.</exception>
    public static ChaosSettings Load(string path)
    {
        if (ExperimentFile.LoadDocument(path) is not MappingNode root)
        {
            return None;
        }

        var report = new DocumentReport(path);
        var tokens = new Dictionary<string, string>();
        foreach (var entry in Map(root, "auths")?.Entries ?? [])
        {
            if (entry.Value is MappingNode auth && Text(auth, "type") is { } type && Text(auth, "value") is { } value)
            {
                if (type.Equals("bearer", StringComparison.OrdinalIgnoreCase))
                {
                    tokens[entry.Key] = value;
                }
            }
            else
            {
                report.Add(entry, $"'auths.{entry.Key}' needs 'type' and 'value'");
            }
        }

        var runtime = Map(root, "runtime");
        var warnings = new List<string>();
        if (root.Find("controls") is not null)
        {
            warnings.Add($"'controls' of {path} are not used: they are Python modules");
        }

        var settings = new ChaosSettings
        {
            Tokens = tokens,
            Rollback = Strategy(runtime, "rollbacks", Strategies.Rollback, Strategies.RollbackNames, report),
            Hypothesis = Strategy(runtime, "hypothesis", Strategies.Hypothesis, Strategies.HypothesisNames, report),
            Channels = NotificationChannel.ReadAll(root, report, warnings),
            Warnings = warnings,
        };
        report.ThrowIfAny();
        return settings;
    }

    private static T? Strategy<T>(MappingNode? runtime, string key, Func<string, T?> parse, string expected, DocumentReport report)
        where T : struct
    {
        if (runtime is null || Map(runtime, key)?.Find("strategy") is not { } entry || entry.Value.ToJson()?.ToString() is not { } word)
        {
            return null;
        }

        var strategy = parse(word);
        if (strategy is null)
        {
            report.Add(entry, $"strategy '{word}' of {key} is unknown; expected {expected}");
        }

        return strategy;
    }

    private static MappingNode? Map(MappingNode map, string key) => map.Find(key)?.Value as MappingNode;

    private static string? Text(MappingNode map, string key) => map.Find(key)?.Value.ToJson()?.ToString();
}
