using System.CommandLine;
using System.Text.Json;
using Back2Code.Slo;

namespace Back2Code.Cli.Commands;

/// <summary>What the commands on OpenSLO files have in common: where the files are, and how mistakes in them are told.</summary>
internal static class SloOutcome
{
    /// <summary>A file is wrong.</summary>
    private const int Invalid = 1;

    /// <summary>An option is wrong, as for the parser of the command line.</summary>
    private const int Misused = 2;

    public static Argument<string[]> Paths() =>
        new("path") { Description = "OpenSLO files, or folders that hold them (*.yaml, *.yml, also below). References may cross files.", Arity = ArgumentArity.OneOrMore };

    public static Option<bool> Json() => new("--json") { Description = "Print the result as JSON, mistakes included." };

    /// <summary>Runs the command; a mistake goes to the error output as <c>file:line: message</c>, or with --json to the output.</summary>
    public static int Report<T>(ParseResult parsed, Option<bool> json, Func<T> run, Action<T, TextWriter> print)
        where T : notnull
    {
        (TextWriter output, TextWriter errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        try
        {
            T result = run();
            if (parsed.GetValue(json))
            {
                output.WriteLine(JsonSerializer.Serialize(result, JsonSerializerOptions.Web));
            }
            else
            {
                print(result, output);
            }

            return 0;
        }
        catch (SloFileException e)
        {
            if (parsed.GetValue(json))
            {
                output.WriteLine(JsonSerializer.Serialize(new { valid = false, errors = e.Errors }, JsonSerializerOptions.Web));
                return Invalid;
            }

            foreach (SloFileError error in e.Errors)
            {
                errors.WriteLine(error);
            }

            errors.WriteLine(e.Errors.Count == 1 ? "1 mistake" : $"{e.Errors.Count} mistakes");
            return Invalid;
        }
        catch (ArgumentException e)
        {
            errors.WriteLine($"back2code: {e.Message}");
            return Misused;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"back2code: {e.Message}");
            return Invalid;
        }
    }
}
