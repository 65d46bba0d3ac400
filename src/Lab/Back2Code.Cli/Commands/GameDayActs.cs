using System.CommandLine;
using System.Text.Json;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>What an operator says in a game day; each is one call of its API.</summary>
internal static class GameDayActs
{
    internal static Command CreateSimple(string name, string route, string description, string words)
    {
        var text = new Option<string?>("--text") { Description = "In your words." };
        var command = new Command(name, $"""
            {description}.

            Examples:
              back2code gameday {name}
              back2code gameday {name} --text "{words}"
            """)
        {
            text,
        };
        return Acting(command, route, parsed => new { text = parsed.GetValue(text) });
    }

    internal static Command CreateDiagnose()
    {
        var component = new Option<string>("--component") { Description = "Which process is broken, as `status` shows it.", HelpName = "NAME", Required = true };
        var cause = new Option<string>("--cause") { Description = "What is wrong with it, in a word or two.", HelpName = "WORDS", Required = true };
        var text = new Option<string?>("--text") { Description = "How you know." };
        var command = new Command("diagnose", """
            Say what is broken and why; the last one counts, those before it that named another component cost points.

            Examples:
              back2code gameday diagnose --component notes-1 --cause frozen
              back2code gameday diagnose --component postgres --cause "lock held" --text "pg_locks shows who waits"
            """)
        {
            component, cause, text,
        };
        return Acting(
            command,
            "diagnose",
            parsed => new { component = parsed.GetRequiredValue(component), cause = parsed.GetRequiredValue(cause), text = parsed.GetValue(text) });
    }

    internal static Command CreateNote()
    {
        var text = new Argument<string>("text") { Description = "Anything worth remembering." };
        var command = new Command("note", """
            Write something into the time line.

            Examples:
              back2code gameday note "Only one replica is slow"
            """)
        {
            text,
        };
        return Acting(command, "note", parsed => new { text = parsed.GetRequiredValue(text) });
    }

    internal static Command CreateHint() => Acting(
        new Command("hint", """
            Ask for a hint; each costs five points.

            Examples:
              back2code gameday hint
            """), "hint", _ => new { }, answer => Console.WriteLine(answer.GetProperty("hint").GetString()));

    internal static Command CreateWriteUp()
    {
        var file = new Argument<string>("file") { Description = "Markdown; - for the standard input.", HelpName = "FILE|-" };
        var command = new Command("writeup", """
            Hand in your write-up.

            Examples:
              back2code gameday writeup postmortem.md
              back2code gameday writeup - < postmortem.md
            """)
        {
            file,
        };
        return Acting(
            command,
            "writeup",
            parsed => new { text = Read(parsed.GetRequiredValue(file)) });
    }

    private static string Read(string file)
    {
        try
        {
            return file == "-" ? Console.In.ReadToEnd() : File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The write-up cannot be read: {e.Message}", e);
        }
    }

    internal static Command CreateEnd() => Acting(
        new Command("end", """
            End the game day; where it was started, the score is told.

            Examples:
              back2code gameday end
            """), "end", _ => new { });

    private static Command Acting(Command command, string route, Func<ParseResult, object> body, Action<JsonElement>? say = null)
    {
        var state = LabOptions.State();
        command.Options.Add(state);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = GameDayClient.Connect(LabOptions.Read(parsed, state));
            var answer = await client.PostAsync(route, body(parsed), cancellationToken);
            (say ?? (_ => Console.WriteLine("recorded")))(answer);
            return 0;
        });
        return command;
    }
}
