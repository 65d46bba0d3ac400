using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Back2Code.Lab.Supervision;
using Spectre.Console;

namespace Back2Code.Cli.Commands;

/// <summary>Who did what, and whether the record of it is whole.</summary>
internal static class AuditCommand
{
    private static readonly (string Option, string Query, string Description)[] Filters =
    [
        ("--subject", "subject", "Only what this user did."),
        ("--action", "action", "Only this action, for example note.created."),
        ("--target", "target", "Only what was done to this, for example notes/ID."),
        ("--outcome", "outcome", "Only these: succeeded, denied or failed."),
        ("--source", "source", "Only of this service, for example /services/notes."),
        ("--since", "since", "Not before this time with its zone (2026-11-20T12:00:00Z)."),
        ("--until", "until", "Before this time with its zone."),
    ];

    internal static Command Create() => new("audit", """
        The audit trail: who did what, on what, and how it ended.

        Examples:
          back2code audit list --outcome denied
          back2code audit verify
          back2code audit export --out audit.jsonl
        """)
    {
        CreateList(),
        CreateVerify(),
        CreateExport(),
    };

    private static Command CreateList()
    {
        var where = new Where();
        var json = LabOptions.Json();
        var limit = new Option<int>("--limit", "-n") { Description = "How many of the newest, 1 to 500.", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 500)
            {
                result.AddError("--limit is 1 to 500.");
            }
        });
        var filters = Filters.Select(filter => (filter.Query, Option: new Option<string?>(filter.Option) { Description = filter.Description })).ToList();
        var command = new Command("list", """
            List records, newest first.

            Examples:
              back2code audit list --subject ada --since 2026-11-20T12:00:00Z
              back2code audit list --action note.deleted --json
            """)
        {
            limit, json,
        };
        filters.ForEach(filter => command.Options.Add(filter.Option));
        return where.AddTo(command, async (parsed, client, ct) =>
        {
            string query = string.Concat(filters
                .Where(filter => parsed.GetValue(filter.Option) is not null)
                .Select(filter => $"&{filter.Query}={Uri.EscapeDataString(parsed.GetValue(filter.Option)!)}"));
            JsonElement page = await client.ListAsync($"limit={parsed.GetValue(limit)}{query}", ct);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(page.GetRawText());
            }
            else
            {
                Show(page);
            }

            return 0;
        });
    }

    private static Command CreateVerify()
    {
        var where = new Where();
        var json = LabOptions.Json();
        var command = new Command("verify", """
            Verify the whole chain and its signed checkpoints. Ends with 1 and names the first broken row when it is not what was written.
            Keep the hash that it prints: a later export must contain it.

            Examples:
              back2code audit verify
              back2code audit verify --json | jq .signedUpTo
            """)
        {
            json,
        };
        return where.AddTo(command, async (parsed, client, ct) =>
        {
            bool showsProgress = !parsed.GetValue(json) && !Console.IsOutputRedirected;
            JsonElement verdict = await client.VerifyAsync(
                verified =>
                {
                    if (showsProgress)
                    {
                        Console.Write(string.Create(CultureInfo.InvariantCulture, $"\r{verified:#,0} records …"));
                    }
                },
                ct);
            if (showsProgress)
            {
                Console.Write('\r');
            }

            Console.WriteLine(parsed.GetValue(json) ? verdict.GetRawText() : TextOf(verdict));
            return verdict.GetProperty("intact").GetBoolean() ? 0 : 1;
        });
    }

    private static Command CreateExport()
    {
        var where = new Where();
        var output = new Option<string?>("--out") { Description = "File to write; it appears whole or not at all. Default: standard output.", HelpName = "FILE" };
        var after = new Option<long>("--after") { Description = "Only records after this sequence number." };
        after.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long>() < 0)
            {
                result.AddError("--after is 0 or more.");
            }
        });
        var command = new Command("export", """
            Write all records as JSON Lines, oldest first, with their hashes.

            Examples:
              back2code audit export --out audit.jsonl
              back2code audit export --after 120000 | jq .action
            """)
        {
            output, after,
        };
        return where.AddTo(command, async (parsed, client, ct) =>
        {
            if (parsed.GetValue(output) is not { } path)
            {
                await using Stream standard = Console.OpenStandardOutput();
                await client.ExportAsync(parsed.GetValue(after), standard, ct);
                return 0;
            }

            string partial = path + ".partial";
            try
            {
                await using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write))
                {
                    await client.ExportAsync(parsed.GetValue(after), file, ct);
                }

                File.Move(partial, path, overwrite: true);
                return 0;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new LabException($"{path} could not be written: {e.Message}", e);
            }
            finally
            {
                File.Delete(partial);
            }
        });
    }

    private static string TextOf(JsonElement verdict)
    {
        long records = verdict.GetProperty("records").GetInt64();
        string head = verdict.GetProperty("head").GetString()!;
        if (verdict.GetProperty("intact").GetBoolean())
        {
            return string.Create(CultureInfo.InvariantCulture, $"""
                intact: {records:#,0} records, {verdict.GetProperty("checkpoints").GetInt64():#,0} checkpoints, signed up to {verdict.GetProperty("signedUpTo").GetInt64():#,0}
                last hash: {head}
                """);
        }

        JsonElement fault = verdict.GetProperty("fault");
        return string.Create(CultureInfo.InvariantCulture, $"""
            broken at row {fault.GetProperty("sequence").GetInt64()}: {fault.GetProperty("kind").GetString()}
            {fault.GetProperty("detail").GetString()}
            {records:#,0} records before it are whole.
            """);
    }

    private static void Show(JsonElement page)
    {
        var items = page.GetProperty("items").EnumerateArray().ToList();
        if (items.Count == 0)
        {
            Console.WriteLine("No records.");
            return;
        }

        Table table = new Table().Border(TableBorder.Rounded).AddColumns("#", "time (UTC)", "who", "from", "action", "target", "outcome");
        foreach (JsonElement item in items)
        {
            JsonElement actor = item.GetProperty("actor");
            long count = item.GetProperty("count").GetInt64();
            table.AddRow(
                item.GetProperty("sequence").GetRawText(),
                item.GetProperty("time").GetDateTimeOffset().UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                Markup.Escape(actor.GetProperty("subject").GetString() ?? actor.GetProperty("client").GetString() ?? "–"),
                Markup.Escape(actor.GetProperty("address").GetString() ?? "–"),
                Markup.Escape(item.GetProperty("action").GetString()! + (count > 1 ? string.Create(CultureInfo.InvariantCulture, $" ×{count}") : "")),
                Markup.Escape(item.GetProperty("target").GetString()!),
                Markup.Escape($"{item.GetProperty("outcome").GetString()} {item.GetProperty("reason").GetString()}".TrimEnd()));
        }

        IncidentTable.Out().Write(table);
    }

    /// <summary>Which platform is meant, and who asks; every command has these.</summary>
    private sealed class Where
    {
        private readonly Option<string?> _state = LabOptions.State();
        private readonly Option<string?> _url = new("--url") { Description = "Address of a gateway or identity service elsewhere; its bearer token comes from BACK2CODE_TOKEN.", HelpName = "URL" };
        private readonly Option<string> _user = new("--user") { Description = "In whose name, on a platform of this machine.", HelpName = "NAME", DefaultValueFactory = _ => Environment.UserName };

        public Command AddTo(Command command, Func<ParseResult, AuditClient, CancellationToken, Task<int>> run)
        {
            command.Options.Add(_state);
            command.Options.Add(_url);
            command.Options.Add(_user);
            command.SetAction(async (parsed, cancellationToken) =>
            {
                using AuditClient client = parsed.GetValue(_url) is { } url
                    ? AuditClient.Connect(url)
                    : await AuditClient.ConnectAsync(LabOptions.Read(parsed, _state), parsed.GetRequiredValue(_user), cancellationToken);
                return await run(parsed, client, cancellationToken);
            });
            return command;
        }
    }
}
