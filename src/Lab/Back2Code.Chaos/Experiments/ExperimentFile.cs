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
    public static Experiment? Load(string path, DocumentReport report) => new ExperimentReader(report).Read(LoadDocument(path));

    /// <summary>Only the syntax: the tree of positioned values.</summary>
    public static DocumentNode LoadDocument(string path)
    {
        var parse = Path.GetExtension(path) switch
        {
            ".yaml" or ".yml" => (Func<string, DocumentNode>)YamlDocument.Parse,
            ".json" => JsonDocumentReader.Parse,
            var other => throw Invalid(path, 1, 1, $"extension '{other}' is not an experiment's; expected .yaml, .yml or .json"),
        };

        try
        {
            var length = new FileInfo(path).Length;
            if (length > DocumentLimits.MaxBytes)
            {
                throw Invalid(path, 1, 1, $"the file has {length:N0} bytes; an experiment may have {DocumentLimits.MaxBytes:N0}");
            }

            return parse(File.ReadAllText(path, Encoding.UTF8));
        }
        catch (DocumentFormatException e)
        {
            throw Invalid(path, e.Line, e.Column, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Invalid(path, 1, 1, $"cannot be read: {e.Message}");
        }
    }

    private static InvalidExperimentException Invalid(string path, int line, int column, string message) =>
        new([new ExperimentError(path, line, column, message)]);
}
