using System.Globalization;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Faults;

namespace Back2Code.Lab.Drills;

/// <summary>Reads a drill file: a Chaos Toolkit experiment whose extension <c>back2code</c> holds traffic, faults, signal and objectives.</summary>
public static class DrillReader
{
    /// <exception cref="InvalidExperimentException">Every error of the file, with line and column.</exception>
    public static Drill Load(string path)
    {
        var report = new DocumentReport(path);
        var experiment = ExperimentFile.Load(path, report);
        var extension = experiment?.Extensions.FirstOrDefault(e => e.Name == "back2code");
        if (experiment is not null && extension is null)
        {
            report.Add(experiment.Source, "a drill needs an entry {name: back2code, traffic, faults, expect, objectives} under 'extensions'");
        }

        var drill = experiment is null || extension is null ? null : new Reader(report).Read(Path.GetFileNameWithoutExtension(path), path, experiment, extension.Payload);
        report.ThrowIfAny();
        return drill!;
    }

    private sealed class Reader(DocumentReport report)
    {
        public Drill Read(string name, string path, Experiment experiment, MappingNode map)
        {
            CheckKeys(map, "the extension back2code", "name", "traffic", "faults", "expect", "usersNotice", "duration", "objectives");
            var duration = Duration(map, "duration", "the extension back2code") ?? TimeSpan.FromSeconds(30);
            var faults = ReadFaults(map, duration);
            var alert = map.Find("expect") is { } expect && report.AsMap(expect.Value, "'expect'") is { } expected ? report.RequiredText(expected, "alert", "'expect'") : null;
            var drill = new Drill
            {
                Name = name,
                File = path,
                Experiment = experiment,
                Traffic = ReadTraffic(map),
                Faults = faults,
                ExpectedAlert = alert,
                UsersNotice = report.OptionalFlag(map, "usersNotice", otherwise: false, "the extension back2code"),
                Duration = duration,
                Objectives = ReadObjectives(map),
            };
            CheckWhole(drill, map);
            return drill;
        }

        private void CheckWhole(Drill drill, MappingNode map)
        {
            if (drill.Faults.Count + drill.Experiment.Method.Count > 0 && drill.ExpectedAlert is null)
            {
                report.Add(map, "a drill that breaks something needs 'expect: {alert: NAME}': a failure that nobody is told of is not detected");
            }

            if (drill.UsersNotice && drill.ExpectedAlert is null)
            {
                report.Add(map, "'usersNotice: true' needs 'expect: {alert: NAME}'");
            }

            var objectives = map.Find("objectives")?.Value as MappingNode;
            foreach (var key in objectives?.Entries ?? [])
            {
                if (!drill.UsersNotice && key.Key is "mttd" or "mttr" && !drill.UsersNotice)
                {
                    report.Add(key, $"'{key.Key}' has no meaning where users notice nothing; expected 'signal', or 'usersNotice: true'");
                }

                if (drill.UsersNotice && key.Key is "signal")
                {
                    report.Add(key, "'signal' is for drills that users do not notice; expected 'mttd'");
                }
            }
        }

        private DrillTraffic ReadTraffic(MappingNode map)
        {
            if (map.Find("traffic") is not { } entry || report.AsMap(entry.Value, "'traffic'") is not { } traffic)
            {
                return new DrillTraffic(Rate: 120, TimeSpan.FromSeconds(8), Users: 20, Mix: null);
            }

            CheckKeys(traffic, "'traffic'", "rate", "warmup", "users", "mix");
            return new DrillTraffic(
                Whole(traffic, "rate", "'traffic'", 1, 100_000) ?? 120,
                Duration(traffic, "warmup", "'traffic'") ?? TimeSpan.FromSeconds(8),
                Whole(traffic, "users", "'traffic'", 1, 1_000) ?? 20,
                report.OptionalText(traffic, "mix", "'traffic'"));
        }

        private List<DrillFault> ReadFaults(MappingNode map, TimeSpan duration)
        {
            var faults = new List<DrillFault>();
            if (map.Find("faults") is not { } entry || report.AsList(entry.Value, "'faults'") is not { } list)
            {
                return faults;
            }

            foreach (var item in list.Items)
            {
                if (report.AsMap(item, "a fault") is { } fault && ReadFault(fault, duration) is { } read)
                {
                    faults.Add(read);
                }
            }

            return faults;
        }

        private DrillFault? ReadFault(MappingNode map, TimeSpan duration)
        {
            CheckKeys(map, "a fault", "type", "target", "parameters", "for");
            var type = report.RequiredText(map, "type", "a fault");
            var target = report.RequiredText(map, "target", "a fault");
            var stands = Duration(map, "for", "a fault");
            var parameters = new Dictionary<string, string>();
            foreach (var parameter in map.Find("parameters") is { } entry ? report.AsMap(entry.Value, "'parameters' of a fault")?.Entries ?? [] : [])
            {
                if (parameter.Value is ScalarNode { Value: not ScalarValue.Null } scalar)
                {
                    parameters[parameter.Key] = Placeholders.AsText(scalar.ToJson());
                }
                else
                {
                    report.Add(parameter.Value, $"parameter '{parameter.Key}' must be a single value, not {parameter.Value.Kind}");
                }
            }

            if (type is null || target is null)
            {
                return null;
            }

            foreach (var problem in FaultCatalogue.Validate(type, target, parameters, stands))
            {
                report.Add(map, problem);
            }

            if (stands >= duration)
            {
                report.Add(map.Find("for")!, $"the fault stands for {Durations.Format(stands.Value)}, but the drill ends {Durations.Format(duration)} after the injection; nothing could recover");
            }

            // A fault that stands needs an end, or recovery could never be measured.
            if (stands is null && FaultCatalogue.All.FirstOrDefault(f => f.Type == type) is { Lasts: true } && !parameters.ContainsKey("downFor"))
            {
                report.Add(map, $"fault {type} stands until it is undone; expected 'for', for example 'for: 10s'");
            }

            return new DrillFault(type, target, parameters, stands);
        }

        private DrillObjectives ReadObjectives(MappingNode map)
        {
            if (map.Find("objectives") is not { } entry || report.AsMap(entry.Value, "'objectives'") is not { } objectives)
            {
                return new DrillObjectives();
            }

            const string What = "'objectives'";
            CheckKeys(objectives, What, "mttd", "mttr", "signal", "failedRatio", "p50", "p95", "p99", "lost", "duplicated", "stale", "alertsAllowed");
            var allowed = objectives.Find("alertsAllowed") is { } alerts ? report.AsList(alerts.Value, "'alertsAllowed'")?.Items ?? [] : [];
            return new DrillObjectives
            {
                Mttd = Duration(objectives, "mttd", What),
                Mttr = Duration(objectives, "mttr", What),
                Signal = Duration(objectives, "signal", What),
                FailedRatio = Ratio(objectives, "failedRatio", What),
                P50 = Duration(objectives, "p50", What),
                P95 = Duration(objectives, "p95", What),
                P99 = Duration(objectives, "p99", What),
                Lost = Whole(objectives, "lost", What, 0, int.MaxValue) ?? 0,
                Duplicated = Whole(objectives, "duplicated", What, 0, int.MaxValue) ?? 0,
                Stale = Whole(objectives, "stale", What, 0, int.MaxValue) ?? 0,
                AlertsAllowed = [.. allowed.Select(a => report.NonEmptyText(a, "an allowed alert")).OfType<string>()],
            };
        }

        /// <summary>Unlike the experiment around it, the extension is ours: an unknown key is a typing error, not somebody else's plug-in.</summary>
        private void CheckKeys(MappingNode map, string what, params string[] known)
        {
            foreach (var entry in map.Entries.Where(e => !known.Contains(e.Key)))
            {
                var near = CloseMatch.Of(entry.Key, known);
                report.Add(entry, $"{what} has no key '{entry.Key}'; {(near is null ? $"expected one of {string.Join(", ", known)}" : $"did you mean '{near}'?")}");
            }
        }

        private TimeSpan? Duration(MappingNode map, string key, string what)
        {
            if (map.Find(key) is not { } entry)
            {
                return null;
            }

            if (entry.Value is ScalarNode { Value: ScalarValue.Text text } && Durations.TryParse(text.Value, out var value) && value >= TimeSpan.Zero)
            {
                return value;
            }

            report.Add(entry.Value, $"'{key}' of {what} must be a duration with its unit, for example 500ms, 6s or 1m30s");
            return null;
        }

        private int? Whole(MappingNode map, string key, string what, int low, int high)
        {
            if (map.Find(key) is not { } entry)
            {
                return null;
            }

            if (entry.Value is ScalarNode { Value: ScalarValue.Whole whole } && whole.Value >= low && whole.Value <= high)
            {
                return (int)whole.Value;
            }

            report.Add(entry.Value, string.Create(CultureInfo.InvariantCulture, $"'{key}' of {what} must be a whole number{(high == int.MaxValue ? $", at least {low}" : $" from {low} to {high}")}"));
            return null;
        }

        private decimal? Ratio(MappingNode map, string key, string what)
        {
            if (map.Find(key) is not { } entry)
            {
                return null;
            }

            decimal? ratio = entry.Value is not ScalarNode scalar ? null : scalar.Value switch
            {
                ScalarValue.Whole whole => whole.Value,
                ScalarValue.Real { Value: >= 0 and <= 1 } real => (decimal)real.Value,
                _ => null,
            };
            if (ratio is >= 0 and <= 1)
            {
                return ratio;
            }

            report.Add(entry.Value, $"'{key}' of {what} must be a share from 0 to 1");
            return null;
        }
    }
}
