using System.Globalization;
using System.IO.Enumeration;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Traffic;

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
            CheckKeys(map, "the extension back2code", "name", "traffic", "faults", "expect", "usersNotice", "duration", "objectives", "timeScale", "module", "runbook", "learn", "prevent", "gameday");
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
                ExpectedAlert = alert is Drill.NoAlert ? null : alert,
                ExpectsSilence = alert is Drill.NoAlert,
                UsersNotice = report.OptionalFlag(map, "usersNotice", otherwise: false, "the extension back2code"),
                Duration = duration,
                Objectives = ReadObjectives(map),
                Module = report.OptionalText(map, "module", "the extension back2code"),
                Runbook = report.OptionalText(map, "runbook", "the extension back2code"),
                Learn = report.OptionalText(map, "learn", "the extension back2code"),
                Prevent = report.OptionalText(map, "prevent", "the extension back2code"),
                TimeScale = Whole(map, "timeScale", "the extension back2code", 1, 100_000) ?? PlatformOptions.DefaultTimeScale,
                GameDay = ReadGameDay(map, faults),
            };
            CheckWhole(drill, map);
            return drill;
        }

        private void CheckWhole(Drill drill, MappingNode map)
        {
            if (drill.Faults.Count + drill.Experiment.Method.Count > 0 && drill.ExpectedAlert is null && !drill.ExpectsSilence)
            {
                report.Add(map, "a drill that breaks something needs 'expect: {alert: NAME}': a failure that nobody is told of is not detected. What the platform is to absorb without a word needs 'expect: {alert: none}'");
            }

            if (drill.UsersNotice && drill.ExpectedAlert is null)
            {
                report.Add(map, "'usersNotice: true' needs 'expect: {alert: NAME}'");
            }

            if (drill.Experiment.HypothesisStrategy is HypothesisStrategy.DuringOnly or HypothesisStrategy.Continuously)
            {
                report.Add(drill.Experiment.Source.Find("runtime")!, "a drill checks its hypothesis before and after, and watches traffic and alerts in between; 'continuously' and 'during-method-only' are for `back2code experiment run`");
            }

            if (drill.Faults.Count > 0 && drill.Faults.All(f => f.After > TimeSpan.Zero))
            {
                report.Add(map.Find("faults")!, "every fault has 'after'; the first to come begins the drill, so leave its 'after' out");
            }

            // What comes later is written down while the method would be; the journal could not say in which order.
            if (drill.Experiment.Method.Count > 0 && drill.Faults.Any(f => f.Due.Any(due => due > TimeSpan.Zero)))
            {
                report.Add(map.Find("faults")!, "'after' and 'repeat' do not go with a 'method'; use pauses in the method, or faults only");
            }

            if (drill.ExpectedAlert is { } alert && drill.Objectives.AlertsForbidden.Any(f => FileSystemName.MatchesSimpleExpression(f, alert, ignoreCase: false)))
            {
                report.Add(map.Find("objectives")!, $"'alertsForbidden' forbids {alert}, which 'expect' asks for");
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

        private GameDays.GameDayScenario? ReadGameDay(MappingNode map, List<DrillFault> faults)
        {
            const string What = "'gameday'";
            if (map.Find("gameday") is not { } entry || report.AsMap(entry.Value, What) is not { } game)
            {
                return null;
            }

            CheckKeys(game, What, "component", "causes", "mitigation", "hints");
            if (faults.Count == 0 || faults.Exists(f => f.Due.Any(due => due > TimeSpan.Zero)))
            {
                report.Add(entry, "a game day hides faults that come at once: it needs 'faults', without 'after' and 'repeat'");
            }

            var component = report.RequiredText(game, "component", What);
            var mitigation = report.RequiredText(game, "mitigation", What);
            var causes = Names(game, "causes", "a cause");
            if (causes.Count == 0)
            {
                report.Add(game, "'gameday' needs 'causes': words any of which names the cause");
            }

            return component is null || mitigation is null || causes.Count == 0 ? null : new GameDays.GameDayScenario(component, causes, mitigation, Names(game, "hints", "a hint"));
        }

        private DrillTraffic ReadTraffic(MappingNode map)
        {
            if (map.Find("traffic") is not { } entry || report.AsMap(entry.Value, "'traffic'") is not { } traffic)
            {
                return new DrillTraffic(Rate: 120, TimeSpan.FromSeconds(8), Users: 20, Mix: null);
            }

            CheckKeys(traffic, "'traffic'", "rate", "warmup", "users", "mix", "tokens", "renew");
            return new DrillTraffic(
                Whole(traffic, "rate", "'traffic'", 1, 100_000) ?? 120,
                Duration(traffic, "warmup", "'traffic'") ?? TimeSpan.FromSeconds(8),
                Whole(traffic, "users", "'traffic'", 1, 1_000) ?? 20,
                report.OptionalText(traffic, "mix", "'traffic'"))
            {
                IdentityTokens = ReadIssuer(traffic),
                Renew = Duration(traffic, "renew", "'traffic'"),
            };
        }

        private bool ReadIssuer(MappingNode traffic)
        {
            var issuer = report.OptionalText(traffic, "tokens", "'traffic'");
            if (issuer is not (null or "lab" or "identity"))
            {
                report.Add(traffic.Find("tokens")!, $"'tokens' in 'traffic' is lab or identity, not '{issuer}'");
            }

            return issuer == "identity";
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
            CheckKeys(map, "a fault", "type", "target", "parameters", "for", "after", "repeat");
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

            var read = new DrillFault(type, target, parameters, stands)
            {
                After = Duration(map, "after", "a fault") ?? TimeSpan.Zero,
                Repeat = ReadRepeat(map),
            };

            // A fault that stands needs an end, or recovery could never be measured.
            if (stands is null && FaultCatalogue.All.FirstOrDefault(f => f.Type == type) is { Lasts: true } && !parameters.ContainsKey("downFor"))
            {
                report.Add(map, $"fault {type} stands until it is undone; expected 'for', for example 'for: 10s'");
            }

            var ends = read.Due.Last() + read.Stands;
            if (ends >= duration)
            {
                report.Add(map, $"the fault is over {Durations.Format(ends)} after the injection, but the drill ends {Durations.Format(duration)} after it; nothing could recover");
            }

            if (read.Repeat is { } repeat && repeat.Every <= read.Stands)
            {
                report.Add(map.Find("repeat")!, $"the fault stands for {Durations.Format(read.Stands)} and comes again every {Durations.Format(repeat.Every)}; it would never go");
            }

            return read;
        }

        private DrillRepeat? ReadRepeat(MappingNode map)
        {
            const string What = "'repeat' of a fault";
            if (map.Find("repeat") is not { } entry || report.AsMap(entry.Value, What) is not { } repeat)
            {
                return null;
            }

            CheckKeys(repeat, What, "times", "every");
            var times = Required(repeat, "times", What, () => Whole(repeat, "times", What, 2, 100));
            var every = Required(repeat, "every", What, () => Duration(repeat, "every", What));
            return times is { } t && every is { } e ? new DrillRepeat(t, e) : null;
        }

        private T? Required<T>(MappingNode map, string key, string what, Func<T?> read)
            where T : struct
        {
            if (map.Find(key) is null)
            {
                report.Add(map, $"{what} needs '{key}'");
                return null;
            }

            return read();
        }

        private DrillObjectives ReadObjectives(MappingNode map)
        {
            if (map.Find("objectives") is not { } entry || report.AsMap(entry.Value, "'objectives'") is not { } objectives)
            {
                return new DrillObjectives();
            }

            const string What = "'objectives'";
            CheckKeys(objectives, What, "mttd", "mttr", "signal", "failedRatio", "budget", "p50", "p95", "p99", "latency", "lost", "duplicated", "stale", "incidents", "pages", "alertsAllowed", "alertsForbidden");
            return new DrillObjectives
            {
                Mttd = Duration(objectives, "mttd", What),
                Mttr = Duration(objectives, "mttr", What),
                Signal = Duration(objectives, "signal", What),
                FailedRatio = Ratio(objectives, "failedRatio", What),
                Budget = Ratio(objectives, "budget", What),
                P50 = Duration(objectives, "p50", What),
                P95 = Duration(objectives, "p95", What),
                P99 = Duration(objectives, "p99", What),
                Latency = ReadLatency(objectives),
                Lost = Whole(objectives, "lost", What, 0, int.MaxValue) ?? 0,
                Duplicated = Whole(objectives, "duplicated", What, 0, int.MaxValue) ?? 0,
                Stale = Whole(objectives, "stale", What, 0, int.MaxValue) ?? 0,
                Incidents = Whole(objectives, "incidents", What, 0, 1_000),
                Pages = Whole(objectives, "pages", What, 0, 1_000),
                AlertsAllowed = Names(objectives, "alertsAllowed", "an allowed alert"),
                AlertsForbidden = Names(objectives, "alertsForbidden", "a forbidden alert"),
            };
        }

        private List<JourneyLatency> ReadLatency(MappingNode objectives)
        {
            const string What = "'latency'";
            var bounds = new List<JourneyLatency>();
            if (objectives.Find("latency") is not { } entry || report.AsMap(entry.Value, What) is not { } journeys)
            {
                return bounds;
            }

            CheckKeys(journeys, What, [.. TrafficMix.All.Select(TrafficMix.Name)]);
            foreach (var journey in journeys.Entries)
            {
                string what = $"'{journey.Key}' of {What}";
                if (report.AsMap(journey.Value, what) is { } one)
                {
                    CheckKeys(one, what, "p50", "p95", "p99");
                    if (one.Entries.Count == 0)
                    {
                        report.Add(journey.Value, $"{what} bounds nothing; expected p50, p95 or p99, for example {{p99: 250ms}}");
                    }

                    bounds.Add(new JourneyLatency(journey.Key, Duration(one, "p50", what), Duration(one, "p95", what), Duration(one, "p99", what)));
                }
            }

            return bounds;
        }

        private List<string> Names(MappingNode map, string key, string what) =>
            map.Find(key) is { } entry && report.AsList(entry.Value, $"'{key}'") is { } list ? [.. list.Items.Select(item => report.NonEmptyText(item, what)).OfType<string>()] : [];

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
