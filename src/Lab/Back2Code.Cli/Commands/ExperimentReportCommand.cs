using System.CommandLine;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Reports;

namespace Back2Code.Cli.Commands;

internal static class ExperimentReportCommand
{
    internal static Command Create()
    {
        var journal = new Argument<string>("journal") { Description = "A journal.json, ours or Chaos Toolkit's, or the URL of one", HelpName = "JOURNAL|URL" };
        var output = new Option<string?>("--output") { Description = "Folder for the reports. Default: the journal's own; for a URL the current one", HelpName = "DIR" };
        var print = new Option<bool>("--print") { Description = "Print the Markdown and write no file" };
        var noVerify = ExperimentCommand.NoVerifyTls();
        var settings = ExperimentCommand.Settings();
        var command = new Command("report", """
            Write a journal as Markdown and as one self-contained HTML file, beside it or into a folder.

            Examples:
              back2code experiment report journal.json
              back2code experiment report runs/monday.json --output reports
              back2code experiment report journal.json --print
              back2code experiment report https://example.org/runs/monday.json --output reports
            """)
        {
            journal, output, print, noVerify, settings,
        };
        command.SetAction((parsed, cancellationToken) => ExperimentCommand.GuardAsync(compat: false, async () =>
        {
            var source = parsed.GetRequiredValue(journal);
            var options = ExperimentCommand.SourceOptions(ExperimentCommand.ReadSettings(parsed.GetValue(settings)), compat: false, !parsed.GetValue(noVerify));
            var view = await JournalReader.LoadAsync(source, options, cancellationToken);
            if (parsed.GetValue(print))
            {
                Console.Write(JournalMarkdown.Write(view));
                return 0;
            }

            var isUrl = ExperimentSource.IsUrl(source);
            var folder = parsed.GetValue(output) ?? (isUrl ? Directory.GetCurrentDirectory() : Path.GetDirectoryName(Path.GetFullPath(source))!);
            foreach (var file in await WriteAsync(view, folder, isUrl ? NameOf(new Uri(source)) : Path.GetFileNameWithoutExtension(source), cancellationToken))
            {
                Console.WriteLine(file);
            }

            return 0;
        }));
        return command;
    }

    /// <summary>The last part of the path, if it can be the name of a file here.</summary>
    private static string NameOf(Uri url)
    {
        var name = Path.GetFileNameWithoutExtension(url.AbsolutePath);
        return name.Length is > 0 and <= 100 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? name : "journal";
    }

    internal static async Task<IReadOnlyList<string>> WriteAsync(JournalView view, string folder, string name, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var (markdown, html) = (Path.Combine(folder, $"{name}.md"), Path.Combine(folder, $"{name}.html"));
        await File.WriteAllTextAsync(markdown, JournalMarkdown.Write(view), cancellationToken);
        await File.WriteAllTextAsync(html, JournalHtml.Write(view), cancellationToken);
        return [markdown, html];
    }
}
