using System.CommandLine;
using Back2Code.Chaos.Experiments.Reports;

namespace Back2Code.Cli.Commands;

internal static class ExperimentReportCommand
{
    internal static Command Create()
    {
        var journal = new Argument<string>("journal") { Description = "A journal.json, ours or Chaos Toolkit's", HelpName = "JOURNAL" };
        var output = new Option<string?>("--output") { Description = "Folder for the reports. Default: the journal's own", HelpName = "DIR" };
        var print = new Option<bool>("--print") { Description = "Print the Markdown and write no file" };
        var command = new Command("report", """
            Write a journal as Markdown and as one self-contained HTML file, beside it or into a folder.

            Examples:
              back2code experiment report journal.json
              back2code experiment report runs/monday.json --output reports
              back2code experiment report journal.json --print
            """)
        {
            journal, output, print,
        };
        command.SetAction((parsed, cancellationToken) => ExperimentCommand.GuardAsync(compat: false, async () =>
        {
            var path = parsed.GetRequiredValue(journal);
            var view = JournalReader.Load(path);
            if (parsed.GetValue(print))
            {
                Console.Write(JournalMarkdown.Write(view));
                return 0;
            }

            var folder = parsed.GetValue(output) ?? Path.GetDirectoryName(Path.GetFullPath(path))!;
            foreach (var file in await WriteAsync(view, folder, Path.GetFileNameWithoutExtension(path), cancellationToken))
            {
                Console.WriteLine(file);
            }

            return 0;
        }));
        return command;
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
