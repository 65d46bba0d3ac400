using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Experiments.Providers;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.Chaos.Experiments;

/// <summary>Reads the providers of activities, and refuses those that may not or cannot run.</summary>
internal sealed class ProviderReader(DocumentReport report, ExperimentRules rules, List<string> warnings)
{
    /// <param name="node">The value of <c>provider</c>.</param>
    /// <param name="what">The activity, for messages.</param>
    /// <param name="type">Null when unknown. The providers of our own only observe.</param>
    public Provider? Read(DocumentNode node, string what, ActivityType? type)
    {
        if (report.AsMap(node, $"'provider' of {what}") is not { } map || report.RequiredText(map, "type", $"the provider of {what}") is not { } kind)
        {
            return null;
        }

        var secrets = ReadSecrets(map, what);
        Provider? provider = kind switch
        {
            "http" => ReadHttp(map, what, secrets),
            "process" => ReadProcess(map, what, secrets),
            "python" => ReadPython(map, what, secrets),
            "promql" when !rules.Compat => ReadPromql(map, what, secrets),
            "slo" when !rules.Compat => ReadSlo(map, what, secrets),
            "sql" when !rules.Compat => ReadSql(map, what, secrets),
            "log" when !rules.Compat => ReadLog(map, what, secrets),
            _ => Unsupported(map.Find("type")!.Value, kind, what),
        };
        if (provider is PromqlProvider or SloProvider or SqlProvider or LogProvider && type == ActivityType.Action)
        {
            report.Add(map.Find("type")!.Value, $"provider {kind} of {what} only observes; expected 'type: probe' for the activity");
        }

        if (provider is { TouchesThisMachine: true } && rules.RemoteOnly)
        {
            var message = $"{kind} provider of {what} acts on this machine, and the file came over the network; read it, then run it with --allow-process";
            if (rules.ValidateOnly)
            {
                warnings.Add(message);
            }
            else
            {
                report.AddBinding(map.Find("type")!.Value, message);
            }
        }

        return provider;
    }

    private IReadOnlyList<string> ReadSecrets(MappingNode map, string what) => map.Find("secrets")?.Value switch
    {
        null or ScalarNode { Value: ScalarValue.Null } => [],
        var groups => [.. report.AsList(groups, $"'secrets' of the provider of {what}")?.Items.Select(g => report.NonEmptyText(g, $"a secret group of {what}")).OfType<string>() ?? []],
    };

    private HttpProvider? ReadHttp(MappingNode map, string what, IReadOnlyList<string> secrets)
    {
        var url = report.RequiredText(map, "url", $"the http provider of {what}");
        var method = report.OptionalText(map, "method", what);
        if (method is not null && !Placeholders.IsIn(method) && !method.All(char.IsAsciiLetter))
        {
            report.Add(map.Find("method")!.Value, $"method '{method}' of {what} is not an HTTP method");
        }

        var retries = map.Find("max_retries")?.Value;
        if (retries is not null and not ScalarNode { Value: ScalarValue.Whole { Value: >= 0 and <= 10 } })
        {
            report.Add(retries, $"'max_retries' of {what} must be a whole number from 0 to 10");
        }

        return url is null ? null : new HttpProvider
        {
            Url = url,
            Method = method?.ToUpperInvariant() ?? "GET",
            Headers = map.Find("headers") is { } headers ? report.AsMap(headers.Value, $"'headers' of {what}")?.ToJson() as JsonObject : null,
            Arguments = map.Find("arguments")?.Value.ToJson(),
            Timeout = ReadTimeout(map, what),
            VerifyTls = report.OptionalFlag(map, "verify_tls", true, what),
            MaxRetries = retries is ScalarNode { Value: ScalarValue.Whole n } ? (int)Math.Clamp(n.Value, 0, 10) : 0,
            Secrets = secrets,
        };
    }

    private ProcessProvider? ReadProcess(MappingNode map, string what, IReadOnlyList<string> secrets)
    {
        if (report.RequiredText(map, "path", $"the process provider of {what}") is not { } path)
        {
            return null;
        }

        // A path with a placeholder can only be checked when it runs.
        if (!Placeholders.IsIn(path) && ProgramPath.Find(path) is null)
        {
            report.Add(map.Find("path")!.Value, $"program '{path}' of {what} was not found on PATH or may not be executed");
        }

        return new ProcessProvider { Path = path, Arguments = map.Find("arguments")?.Value.ToJson(), Timeout = ReadTimeout(map, what), Secrets = secrets };
    }

    private PythonProvider? ReadPython(MappingNode map, string what, IReadOnlyList<string> secrets)
    {
        var module = report.RequiredText(map, "module", $"the python provider of {what}");
        var function = report.RequiredText(map, "func", $"the python provider of {what}");
        var arguments = map.Find("arguments") is { Value: not ScalarNode { Value: ScalarValue.Null } } entry ? report.AsMap(entry.Value, $"'arguments' of {what}")?.ToJson() as JsonObject : null;
        if (module is null || function is null)
        {
            return null;
        }

        if (PythonFunctions.Complaint(module, function, arguments) is { } complaint)
        {
            report.Add(map.Find("func")!.Value, $"{complaint} ({what})");
        }

        return new PythonProvider { Module = module, Function = function, Arguments = arguments, Secrets = secrets };
    }

    private PromqlProvider? ReadPromql(MappingNode map, string what, IReadOnlyList<string> secrets) =>
        report.RequiredText(map, "query", $"the promql provider of {what}") is { } query
            ? new PromqlProvider { Query = query, Prometheus = ReadPrometheus(map, what), Timeout = ReadTimeout(map, what), Secrets = secrets }
            : null;

    private SloProvider? ReadSlo(MappingNode map, string what, IReadOnlyList<string> secrets)
    {
        var slo = report.RequiredText(map, "slo", $"the slo provider of {what}");
        if (slo is not null && !Placeholders.IsIn(slo) && !SloSeries.IsName(slo))
        {
            report.Add(map.Find("slo")!.Value, $"'{slo}' of {what} is not the name of an SLO; expected letters, digits, dots, dashes and underscores");
        }

        SloMeasure? measure = report.OptionalText(map, "measure", what) switch
        {
            null or "remaining" => SloMeasure.Remaining,
            "burn-rate" => SloMeasure.BurnRate,
            "error-ratio" => SloMeasure.ErrorRatio,
            "objective" => SloMeasure.Objective,
            _ => null,
        };
        if (measure is null)
        {
            report.Add(map.Find("measure")!.Value, $"'measure' of {what} must be remaining, burn-rate, error-ratio or objective");
        }

        var window = report.OptionalText(map, "window", what) ?? "5m";
        if (!Placeholders.IsIn(window) && !SloSeries.IsWindow(window))
        {
            report.Add(map.Find("window")!.Value, $"'window' of {what} must name a recorded window, for example 5m, 1h or 30d");
        }

        return slo is null ? null : new SloProvider
        {
            Slo = slo,
            Measure = measure ?? default,
            Window = window,
            Prometheus = ReadPrometheus(map, what),
            Timeout = ReadTimeout(map, what),
            Secrets = secrets,
        };
    }

    private SqlProvider? ReadSql(MappingNode map, string what, IReadOnlyList<string> secrets)
    {
        var connection = report.RequiredText(map, "connection", $"the sql provider of {what}");
        var query = report.RequiredText(map, "query", $"the sql provider of {what}");
        return connection is null || query is null ? null : new SqlProvider { Connection = connection, Query = query, Timeout = ReadTimeout(map, what), Secrets = secrets };
    }

    private LogProvider? ReadLog(MappingNode map, string what, IReadOnlyList<string> secrets)
    {
        var path = report.RequiredText(map, "path", $"the log provider of {what}");
        var pattern = report.RequiredText(map, "pattern", $"the log provider of {what}");
        if (pattern is not null && !Placeholders.IsIn(pattern) && PythonPattern.Complaint(pattern) is { } complaint)
        {
            report.Add(map.Find("pattern")!.Value, $"pattern of {what} does not compile: {complaint}");
        }

        var since = report.OptionalText(map, "since", what);
        if (since is not (null or "run" or "begin"))
        {
            report.Add(map.Find("since")!.Value, $"'since' of {what} must be run (lines written since the run began) or begin (the whole file)");
        }

        var gives = report.OptionalText(map, "output", what);
        if (gives is not (null or "count" or "lines"))
        {
            report.Add(map.Find("output")!.Value, $"'output' of {what} must be count or lines");
        }

        return path is null || pattern is null ? null : new LogProvider { Path = path, Pattern = pattern, SinceStart = since != "begin", GivesLines = gives == "lines", Secrets = secrets };
    }

    private string ReadPrometheus(MappingNode map, string what) => report.OptionalText(map, "prometheus", what) ?? "${prometheus}";

    private JsonNode? ReadTimeout(MappingNode map, string what)
    {
        switch (map.Find("timeout")?.Value)
        {
            case null or ScalarNode { Value: ScalarValue.Null }:
                return null;
            case ScalarNode { Value: ScalarValue.Whole { Value: > 0 and < 86_400 } or ScalarValue.Real { Value: > 0 and < 86_400 } } number:
                return number.ToJson();
            case ScalarNode { Value: ScalarValue.Text text } placeholder when Placeholders.IsExactlyOne(text.Value):
                return placeholder.ToJson();
            case SequenceNode { Items: [ScalarNode { Value: ScalarValue.Whole or ScalarValue.Real }, ScalarNode { Value: ScalarValue.Whole or ScalarValue.Real }] } pair:
                return pair.ToJson();
            case var other:
                report.Add(other, $"'timeout' of the provider of {what} must be seconds (above 0, less than a day), [connect, read] seconds, or one ${{placeholder}}");
                return null;
        }
    }

    private Provider? Unsupported(DocumentNode at, string type, string what)
    {
        report.Add(at, $"provider type '{type}' of {what} is not supported; expected {(rules.Compat ? "http, process or python" : "http, process, python, promql, slo, sql or log")}");
        return null;
    }
}
