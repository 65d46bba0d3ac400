using System.Text;
using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments;

/// <summary>Loads experiment files. JSON and YAML, by extension, as Chaos Toolkit does.</summary>
public static class ExperimentFile
{
    /// <exception cref="InvalidExperimentException">The file cannot be read, is malformed, or is not a valid experiment; all errors with line and column.</exception>
    public static Experiment Load(string path)
    {
        var report = new DocumentReport(path);
        var experiment = Load(path, report);
        report.ThrowIfAny();
        return experiment!;
    }

    /// <summary>The same for callers that go on reading, so that all errors are told together. Only syntax errors are thrown.</summary>
    /// <returns>Null when the file is no experiment at all; not to be run while <paramref name="report"/> has errors.</returns>
    /// <exception cref="InvalidExperimentException">The file cannot be read or is malformed.</exception>
    public static Experiment? Load(string path, DocumentReport report) => new ExperimentReader(report, ExperimentRules.Strict).Read(LoadDocument(path));

    /// <summary>Only the syntax: the tree of positioned values.</summary>
    public static DocumentNode LoadDocument(string path) => LoadDocument(path, ExperimentRules.Strict);

    internal static DocumentNode LoadDocument(string path, ExperimentRules rules)
    {
        if (FormatOf(path) is not { } format)
        {
            throw Invalid(path, 1, 1, $"extension '{Path.GetExtension(path)}' is not an experiment's; expected .yaml, .yml or .json");
        }

        try
        {
            var length = new FileInfo(path).Length;
            if (length > DocumentLimits.MaxBytes)
            {
                throw Invalid(path, 1, 1, $"the file has {length:N0} bytes; an experiment may have {DocumentLimits.MaxBytes:N0}");
            }

            return ParseDocument(File.ReadAllText(path, Encoding.UTF8), path, format, rules);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Invalid(path, 1, 1, $"cannot be read: {e.Message}");
        }
    }

    /// <summary>Reads a text that is at hand.</summary>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="InvalidExperimentException">Malformed, or not a valid experiment; all errors with line and column.</exception>
    public static Experiment Parse(string text, string name, DocumentFormat format, ExperimentRules rules)
    {
        var report = new DocumentReport(name);
        var experiment = new ExperimentReader(report, rules).Read(ParseDocument(text, name, format, rules));
        report.ThrowIfAny();
        return experiment!;
    }

    internal static DocumentFormat? FormatOf(string path) => Path.GetExtension(path) switch
    {
        ".yaml" or ".yml" => DocumentFormat.Yaml,
        ".json" => DocumentFormat.Json,
        _ => null,
    };

    internal static DocumentNode ParseDocument(string text, string name, DocumentFormat format, ExperimentRules rules)
    {
        try
        {
            return format == DocumentFormat.Json ? JsonDocumentReader.Parse(text, rules.Compat) : YamlDocument.Parse(text, rules.Compat);
        }
        catch (DocumentFormatException e)
        {
            throw Invalid(name, e.Line, e.Column, e.Message);
        }
    }

    internal static InvalidExperimentException Invalid(string path, int line, int column, string message) =>
        new([new ExperimentError(path, line, column, message)]);
}

/// <summary>How an experiment is written down.</summary>
public enum DocumentFormat
{
    Json,
    Yaml,
}
