using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Experiments.Tolerances;
using Back2Code.Chaos.Faults;

namespace Back2Code.Chaos.Experiments;

/// <summary>Reads <c>activities</c>, <c>restore</c>, <c>stop</c> and <c>prometheus</c> of the extension <c>back2code</c>. Other keys are a drill's.</summary>
internal sealed class ChecksReader(DocumentReport report, ActivityReader activities)
{
    private static readonly string[] Keys = ["name", "activities", "restore", "stop", "prometheus"];
    private static readonly string[] DrillKeys = ["traffic", "faults", "expect", "usersNotice", "objectives"];
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(1);

    /// <summary>Whether the extension belongs to a drill, whose faults a plain run would not inject.</summary>
    public static bool IsDrill(MappingNode extension) => extension.Entries.Any(e => DrillKeys.Contains(e.Key));

    /// <summary>An unknown key here is a typing error, not somebody else's plug-in.</summary>
    public static void CheckKeys(MappingNode extension, DocumentReport report)
    {
        foreach (var entry in extension.Entries.Where(e => !Keys.Contains(e.Key)))
        {
            report.Add(entry, $"the extension back2code has no key '{entry.Key}'; expected one of {string.Join(", ", Keys)}");
        }
    }

    public ExperimentChecks Read(MappingNode extension) => new()
    {
        Activities = ReadActivities(extension),
        Restore = extension.Find("restore") is { } restore && report.AsMap(restore.Value, "'restore'") is { } map ? ReadPatience(map, "'restore'") : null,
        Stop = ReadStops(extension),
        Prometheus = report.OptionalText(extension, "prometheus", "the extension back2code") ?? "${prometheus}",
    };

    private Dictionary<string, ActivityCheck> ReadActivities(MappingNode extension)
    {
        var checks = new Dictionary<string, ActivityCheck>();
        if (extension.Find("activities") is not { } entry || report.AsMap(entry.Value, "'activities' of the extension back2code") is not { } map)
        {
            return checks;
        }

        foreach (var activity in map.Entries)
        {
            var what = $"the check of activity '{activity.Key}'";
            if (!activities.Knows(activity.Key))
            {
                report.Add(activity, $"'{activity.Key}' names no activity of the hypothesis or the method; known are: {activities.KnownNames}");
            }
            else if (report.AsMap(activity.Value, what) is { } check)
            {
                Refuse(check, what, "tolerance", "within", "every", "for");
                var tolerance = check.Find("tolerance") is { } t ? new ToleranceReader(report, activities).Read(t.Value, $"activity '{activity.Key}'") : null;
                checks[activity.Key] = new ActivityCheck(tolerance, check.Entries.Any(e => e.Key is "within" or "every" or "for") ? ReadPatience(check, what) : null);
            }
        }

        return checks;
    }

    private Patience ReadPatience(MappingNode map, string what)
    {
        if (what == "'restore'")
        {
            Refuse(map, what, "within", "every", "for");
        }

        var every = Duration(map, "every", what) ?? TimeSpan.FromSeconds(1);
        if (every < TimeSpan.FromMilliseconds(10))
        {
            report.Add(map.Find("every")!, $"'every' of {what} must be 10ms at least");
        }

        return new Patience(Duration(map, "within", what) ?? TimeSpan.Zero, every, Duration(map, "for", what) ?? TimeSpan.Zero);
    }

    private List<StopCondition> ReadStops(MappingNode extension)
    {
        var stops = new List<StopCondition>();
        foreach (var item in extension.Find("stop") is { } entry ? report.AsList(entry.Value, "'stop' of the extension back2code")?.Items ?? [] : [])
        {
            if (report.AsMap(item, "a stop condition") is { } map && ReadStop(map) is { } stop)
            {
                stops.Add(stop);
            }
        }

        return stops;
    }

    private StopCondition? ReadStop(MappingNode map)
    {
        Refuse(map, "a stop condition", "alert", "budget", "burnt");
        if (map.Find("alert") is { } alert && map.Find("budget") is null)
        {
            return report.NonEmptyText(alert.Value, "'alert' of a stop condition") is { } name ? new StopCondition.Alert(name) : null;
        }

        if (map.Find("budget") is not { } budget || map.Find("alert") is not null)
        {
            report.Add(map, "a stop condition needs either 'alert: NAME' or 'budget: SLO' with 'burnt: SHARE'");
            return null;
        }

        var slo = report.NonEmptyText(budget.Value, "'budget' of a stop condition");
        double? burnt = map.Find("burnt")?.Value is ScalarNode scalar ? scalar.Value switch
        {
            ScalarValue.Whole whole => whole.Value,
            ScalarValue.Real real => real.Value,
            _ => null,
        } : null;
        if (burnt is not (> 0 and <= 1))
        {
            report.Add(map, "'burnt' of a stop condition must be a share of the error budget above 0 and up to 1, for example 0.1");
            return null;
        }

        return slo is null ? null : new StopCondition.Budget(slo, burnt.Value);
    }

    private void Refuse(MappingNode map, string what, params string[] known)
    {
        foreach (var entry in map.Entries.Where(e => !known.Contains(e.Key)))
        {
            report.Add(entry, $"{what} has no key '{entry.Key}'; expected one of {string.Join(", ", known)}");
        }
    }

    private TimeSpan? Duration(MappingNode map, string key, string what)
    {
        TimeSpan? value = map.Find(key)?.Value switch
        {
            ScalarNode { Value: ScalarValue.Text text } when Durations.TryParse(text.Value, out var duration) => duration,
            ScalarNode { Value: ScalarValue.Whole { Value: >= 0 and <= 86_400 } whole } => TimeSpan.FromSeconds(whole.Value),
            ScalarNode { Value: ScalarValue.Real { Value: >= 0 and <= 86_400 } real } => TimeSpan.FromSeconds(real.Value),
            _ => null,
        };
        if (map.Find(key) is { } entry && !(value >= TimeSpan.Zero && value <= LongestTime))
        {
            report.Add(entry.Value, $"'{key}' of {what} must be a duration of a day at most, for example 500ms, 10s or a number of seconds");
            return null;
        }

        return value;
    }
}
