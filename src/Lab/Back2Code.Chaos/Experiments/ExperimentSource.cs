using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments;

/// <summary>Where an experiment is read from, and what it is trusted with.</summary>
public sealed record ExperimentSourceOptions
{
    public bool Compat { get; init; }

    /// <summary>An experiment from the network may run programs and touch files here.</summary>
    public bool AllowProcess { get; init; }

    /// <summary>It is only looked at, not run.</summary>
    public bool ValidateOnly { get; init; }

    /// <summary>False: what is wrong with it is told, and what can be run of it is.</summary>
    public bool Validate { get; init; } = true;

    /// <summary>For the download alone.</summary>
    public bool VerifyTls { get; init; } = true;

    /// <summary>Sent as bearer token; by host, or by host:port.</summary>
    public IReadOnlyDictionary<string, string> Tokens { get; init; } = new Dictionary<string, string>();

    /// <summary>Sent to whatever host; from CHAOSTOOLKIT_LOADER_AUTH_BEARER_TOKEN.</summary>
    public string? Token { get; init; }

    /// <summary>For the whole download.</summary>
    public TimeSpan DownloadTimeout { get; init; } = TimeSpan.FromSeconds(15);
}

/// <summary>Reads an experiment that is to be run by itself, from a file or from the network.</summary>
public static class ExperimentSource
{
    public static bool IsUrl(string source) =>
        source.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || source.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="InvalidExperimentException">It cannot be had, is malformed, or is not valid; all errors with line and column.</exception>
    public static async Task<Experiment> LoadAsync(string source, ExperimentSourceOptions options, CancellationToken cancellationToken)
    {
        var isUrl = IsUrl(source);
        var rules = new ExperimentRules { Compat = options.Compat, RemoteOnly = isUrl && !options.AllowProcess, ValidateOnly = options.ValidateOnly };
        var name = isUrl ? BoundedDownload.WithoutCredentials(source) : source;
        var document = isUrl ? await DownloadAsync(source, name, options, rules, cancellationToken) : ExperimentFile.LoadDocument(source, rules);
        var report = new DocumentReport(name);
        var experiment = new ExperimentReader(report, rules).Read(document);
        if (!options.Compat && experiment?.Extensions.FirstOrDefault(e => e.Name == "back2code") is { } extension)
        {
            CheckExtension(extension.Payload, report);
        }

        if (!options.Validate && experiment is not null && Unvalidated.IsWhole(experiment) && !report.HasBinding)
        {
            return experiment with { Warnings = [.. experiment.Warnings, .. report.Errors.Select(static e => $"not valid, run all the same: {e}")] };
        }

        report.ThrowIfAny();
        return experiment!;
    }

    /// <summary>Run by itself, a drill would pass without its faults.</summary>
    private static void CheckExtension(MappingNode extension, DocumentReport report)
    {
        if (ChecksReader.IsDrill(extension))
        {
            report.AddBinding(extension, "this is a drill: its traffic and faults are in the extension back2code, which only `back2code drill run` plays (or --compat, which passes over it)");
        }
        else
        {
            ChecksReader.CheckKeys(extension, report);
        }
    }

    private static async Task<DocumentNode> DownloadAsync(string source, string name, ExperimentSourceOptions options, ExperimentRules rules, CancellationToken cancellationToken)
    {
        try
        {
            var (text, mediaType) = await BoundedDownload.GetAsync(source, options, DocumentLimits.MaxBytes, cancellationToken);
            return Parse(text, mediaType, name, rules);
        }
        catch (DownloadException e)
        {
            throw ExperimentFile.Invalid(name, 1, 1, e.Message);
        }
    }

    private static DocumentNode Parse(string text, string? mediaType, string name, ExperimentRules rules)
    {
        switch (mediaType)
        {
            case "application/json":
                return ExperimentFile.ParseDocument(text, name, DocumentFormat.Json, rules);
            case "application/x-yaml" or "application/yaml" or "text/yaml" or "text/x-yaml":
                return ExperimentFile.ParseDocument(text, name, DocumentFormat.Yaml, rules);
            case "text/plain" or null:
                try
                {
                    return ExperimentFile.ParseDocument(text, name, DocumentFormat.Json, rules);
                }
                catch (InvalidExperimentException json)
                {
                    try
                    {
                        return ExperimentFile.ParseDocument(text, name, DocumentFormat.Yaml, rules);
                    }
                    catch (InvalidExperimentException) when (text.TrimStart().StartsWith('{'))
                    {
                        // What begins like JSON was meant as JSON, and its error is the one that helps.
                        throw json;
                    }
                }

            default:
                throw ExperimentFile.Invalid(name, 1, 1, $"has the content type {mediaType}; expected application/json, application/x-yaml, text/yaml or text/plain");
        }
    }
}
