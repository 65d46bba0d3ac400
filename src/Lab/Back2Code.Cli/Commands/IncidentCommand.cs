using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills.Actions;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>Work on incidents from a terminal; everything here is one call of monitoring's API.</summary>
internal static class IncidentCommand
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,

        // For people and jq, not for a web page: a plus stays a plus.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static Command Create() => new("incident", """
        Incidents: what happened, who works on it, what was learnt. An incident is named by its id, the last characters of it, or `latest`.

        Examples:
          back2code incident list --status active
          back2code incident ack latest --text "on it"
          back2code incident export latest --out postmortem.md
        """)
    {
        CreateList(),
        CreateShow(),
        CreateOpen(),
        CreateStep("ack", "acknowledge", "Say that you work on it; the first to do so commands"),
        CreateNote(),
        CreateStep("mitigate", "mitigate", "Say that users are no longer hurt"),
        CreateStep("resolve", "resolve", "Say that it is over, before its alerts do"),
        CreateStep("review", "review", "Say that the postmortem has been agreed on"),
        CreateEdit(),
        CreateAction(),
        CreateExport(),
    };

    private static Command CreateList()
    {
        var where = new Where();
        var status = new Option<string?>("--status") { Description = "Only these.", HelpName = "open|acknowledged|mitigated|resolved|reviewed|active" };
        status.AcceptOnlyFromAmong("open", "acknowledged", "mitigated", "resolved", "reviewed", "active");
        var limit = new Option<int>("--limit", "-n") { Description = "How many of the newest, 1 to 100.", DefaultValueFactory = _ => 20 };
        limit.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 100)
            {
                result.AddError("--limit is 1 to 100.");
            }
        });
        var command = new Command("list", """
            List incidents, newest first.

            Examples:
              back2code incident list
              back2code incident list --status active --json
            """)
        {
            status, limit,
        };
        return where.AddTo(command, async (parsed, client, ct) =>
            Print(parsed, where, await client.ListAsync(parsed.GetValue(status), parsed.GetValue(limit), ct), IncidentTable.List));
    }

    private static Command CreateShow()
    {
        var where = new Where();
        var id = Id();
        var command = new Command("show", """
            Show one incident: state, measures, time line, action items.

            Examples:
              back2code incident show latest
              back2code incident show 8a57 --json | jq .measures
            """)
        {
            id,
        };
        return where.AddTo(command, async (parsed, client, ct) =>
            Print(parsed, where, await client.GetAsync(await client.ResolveAsync(parsed.GetRequiredValue(id), ct), ct), IncidentTable.Show));
    }

    private static Command CreateOpen()
    {
        var where = new Where();
        var title = new Argument<string>("title") { Description = "What is wrong, as users see it." };
        var severity = Severity();
        var startedAt = Time("--started-at", "When users were first hurt, if you know it.");
        var service = Services();
        var text = Text();
        var command = new Command("open", """
            Open an incident by hand: somebody noticed before an alert did.

            Examples:
              back2code incident open "Customers cannot save notes" --severity critical --started-at 10m --service notes
            """)
        {
            title, severity, startedAt, service, text,
        };
        return where.AddTo(command, async (parsed, client, ct) => Print(
            parsed,
            where,
            await client.SendAsync(
                HttpMethod.Post,
                "/v1/incidents",
                new { title = parsed.GetRequiredValue(title), severity = parsed.GetValue(severity), startedAt = TimeOf(parsed, startedAt), services = ListOf(parsed, service), text = parsed.GetValue(text) },
                ct),
            IncidentTable.Say));
    }

    private static Command CreateStep(string name, string route, string description)
    {
        var where = new Where();
        var id = Id();
        var at = Time("--at", "When it truly was, if not now.");
        var text = Text();
        var command = new Command(name, $"""
            {description}.

            Examples:
              back2code incident {name} latest
              back2code incident {name} 8a57 --at 5m --text "…"
            """)
        {
            id, at, text,
        };
        return Changing(command, where, id, HttpMethod.Post, "/" + route, parsed => new { at = TimeOf(parsed, at), text = parsed.GetValue(text) });
    }

    private static Command CreateNote()
    {
        var where = new Where();
        var id = Id();
        var text = new Argument<string>("text") { Description = "What you saw or did." };
        var at = Time("--at", "When it truly was, if not now.");
        var command = new Command("note", """
            Add to the time line.

            Examples:
              back2code incident note latest "Failed over to the replica" --at 3m
            """)
        {
            id, text, at,
        };
        return Changing(command, where, id, HttpMethod.Post, "/notes", parsed => new { at = TimeOf(parsed, at), text = parsed.GetRequiredValue(text) });
    }

    private static Command CreateEdit()
    {
        var where = new Where();
        var id = Id();
        var title = new Option<string?>("--title") { Description = "A better title." };
        var severity = Severity();
        var commander = new Option<string?>("--commander") { Description = "Who leads the work from now on.", HelpName = "NAME" };
        var startedAt = Time("--started-at", "When users were first hurt; MTTD, MTTA and MTTR count from it.");
        var service = Services();
        var command = new Command("edit", """
            Change title, severity, commander, beginning or affected services.

            Examples:
              back2code incident edit latest --severity critical --commander grace
              back2code incident edit latest --started-at 2026-11-20T12:00:00Z
            """)
        {
            id, title, severity, commander, startedAt, service,
        };
        return Changing(command, where, id, HttpMethod.Patch, "", parsed => new
        {
            title = parsed.GetValue(title),
            severity = parsed.GetValue(severity),
            commander = parsed.GetValue(commander),
            startedAt = TimeOf(parsed, startedAt),
            services = ListOf(parsed, service),
        });
    }

    private static Command CreateAction()
    {
        var where = new Where();
        var id = Id();
        var title = new Argument<string?>("title") { Description = "What is to be done.", Arity = ArgumentArity.ZeroOrOne };
        var type = new Option<string?>("--type") { Description = "What it is for.", HelpName = "prevent|mitigate|detect|process|other" };
        type.AcceptOnlyFromAmong("prevent", "mitigate", "detect", "process", "other");
        var owner = new Option<string?>("--owner") { Description = "Who does it.", HelpName = "NAME" };
        var reference = new Option<string?>("--reference") { Description = "Where the work is tracked.", HelpName = "URL|KEY" };
        var done = new Option<int?>("--done") { Description = "Mark this action item done instead.", HelpName = "N" };
        var command = new Command("action", """
            Add an action item, or mark one done.

            Examples:
              back2code incident action latest "Alert on replication lag" --type detect --owner grace
              back2code incident action latest --done 1
            """)
        {
            id, title, type, owner, reference, done,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(done) is null && (result.GetValue(title) is null || result.GetValue(type) is null || result.GetValue(owner) is null))
            {
                result.AddError("A new action item needs a title, --type and --owner; or mark one done with --done N.");
            }
        });
        return where.AddTo(command, async (parsed, client, ct) =>
        {
            Guid incident = await client.ResolveAsync(parsed.GetRequiredValue(id), ct);
            JsonElement answer = parsed.GetValue(done) is { } number
                ? await client.SendAsync(HttpMethod.Patch, $"/v1/incidents/{incident}/actions/{number.ToString(CultureInfo.InvariantCulture)}", new { done = true }, ct)
                : await client.SendAsync(
                    HttpMethod.Post,
                    $"/v1/incidents/{incident}/actions",
                    new { title = parsed.GetValue(title), type = parsed.GetValue(type), owner = parsed.GetValue(owner), reference = parsed.GetValue(reference) },
                    ct);
            return Print(parsed, where, answer, IncidentTable.Say);
        });
    }

    private static Command CreateExport()
    {
        var where = new Where();
        var id = Id();
        var file = new Option<string?>("--out", "-o") { Description = "File to write; without it, the standard output. One that exists is not overwritten: it may hold your answers.", HelpName = "FILE" };
        var actions = new Option<string?>("--actions-to") { Description = "Folder for a drill file for each action item of a drill's incident: it deviates until the item is done, and completes from then on.", HelpName = "DIR" };
        var report = new Option<string?>("--report") { Description = "With --actions-to: folder of the drill's report, if it is not under reports/.", HelpName = "DIR" };
        var command = new Command("export", """
            Write the postmortem in Markdown: what is on record is filled in, the rest are questions.

            Examples:
              back2code incident export latest --out postmortem.md
              back2code incident export latest --out postmortem.md --actions-to drills/actions
            """)
        {
            id, file, actions, report,
        };
        return where.AddTo(command, async (parsed, client, ct) =>
        {
            Guid incident = await client.ResolveAsync(parsed.GetRequiredValue(id), ct);
            string markdown = await client.PostmortemAsync(incident, ct);
            string? path = parsed.GetValue(file);
            if (path is not null)
            {
                await WriteAsync(path, markdown, ct);
            }

            IReadOnlyList<WrittenAction> written = parsed.GetValue(actions) is { } folder
                ? IncidentActions.Write(incident, await client.GetAsync(incident, ct), folder, parsed.GetValue(report))
                : [];
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(where.Json))
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(new { id = incident, file = path, markdown, actions = written }, Indented));
            }
            else
            {
                await output.WriteLineAsync(path ?? markdown);
            }

            foreach (WrittenAction action in written)
            {
                await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"action item {action.Number}: {(action.File is null ? "no drill" : Sheet.Short(action.File))}, {action.Why}"));
            }

            return 0;
        });
    }

    /// <summary>A command that sends one change of one incident and says what became of it.</summary>
    private static Command Changing(Command command, Where where, Argument<string> id, HttpMethod method, string route, Func<ParseResult, object> body) =>
        where.AddTo(command, async (parsed, client, ct) => Print(
            parsed,
            where,
            await client.SendAsync(method, $"/v1/incidents/{await client.ResolveAsync(parsed.GetRequiredValue(id), ct)}{route}", body(parsed), ct),
            IncidentTable.Say));

    private static async Task WriteAsync(string path, string markdown, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            await using var writer = new StreamWriter(stream);
            await writer.WriteAsync(markdown.AsMemory(), cancellationToken);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new LabException($"{path} exists; it may hold answers of yours. Name another file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"{path} cannot be written: {e.Message}", e);
        }
    }

    private static int Print(ParseResult parsed, Where where, JsonElement answer, Action<JsonElement> show)
    {
        if (parsed.GetValue(where.Json))
        {
            parsed.InvocationConfiguration.Output.WriteLine(JsonSerializer.Serialize(answer, Indented));
        }
        else
        {
            show(answer);
        }

        return 0;
    }

    private static Argument<string> Id() => new("incident") { Description = "Its id, the last characters of it, or `latest`.", HelpName = "ID|latest" };

    private static Option<string?> Text() => new("--text", "-m") { Description = "A word about it, for the time line." };

    private static Option<string?> Severity()
    {
        var option = new Option<string?>("--severity") { Description = "How bad it is.", HelpName = "info|warning|error|critical" };
        option.AcceptOnlyFromAmong("info", "warning", "error", "critical");
        return option;
    }

    private static Option<string[]> Services() => new("--service") { Description = "A service that is affected; may be given several times.", HelpName = "NAME" };

    private static Option<string?> Time(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description + " A time with its zone, or how long ago it was.", HelpName = "2026-11-20T12:00:00Z|5m" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && Parse(text, TimeProvider.System.GetUtcNow()) is null)
            {
                result.AddError($"{name} '{text}' is neither a time with its zone (2026-11-20T12:00:00Z) nor a duration (5m).");
            }
        });
        return option;
    }

    private static DateTimeOffset? TimeOf(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } text ? Parse(text, TimeProvider.System.GetUtcNow()) : null;

    /// <summary>A time without a zone is refused: two people would read it differently.</summary>
    internal static DateTimeOffset? Parse(string text, DateTimeOffset now) =>
        Durations.TryParse(text, out TimeSpan ago) && ago >= TimeSpan.Zero
            ? now - ago
            : text.Length > 10 && (text.EndsWith('Z') || text.AsSpan(10).IndexOfAny('+', '-') >= 0)
                && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
                ? time
                : null;

    private static string[]? ListOf(ParseResult parsed, Option<string[]> option) => parsed.GetValue(option) is { Length: > 0 } list ? list : null;

    /// <summary>Which platform is meant, and who speaks; every command has these.</summary>
    private sealed class Where
    {
        private readonly Option<string?> _state = LabOptions.State();
        private readonly Option<string?> _url = new("--url") { Description = "Address of a monitoring service or gateway elsewhere; its bearer token comes from BACK2CODE_TOKEN.", HelpName = "URL" };
        private readonly Option<string> _user = new("--user") { Description = "In whose name, on a platform of this machine.", HelpName = "NAME", DefaultValueFactory = _ => Environment.UserName };

        public Option<bool> Json { get; } = LabOptions.Json();

        public Command AddTo(Command command, Func<ParseResult, IncidentClient, CancellationToken, Task<int>> run)
        {
            command.Options.Add(Json);
            command.Options.Add(_state);
            command.Options.Add(_url);
            command.Options.Add(_user);
            command.SetAction(async (parsed, cancellationToken) =>
            {
                using IncidentClient client = parsed.GetValue(_url) is { } url
                    ? IncidentClient.Connect(url)
                    : await IncidentClient.ConnectAsync(LabOptions.Read(parsed, _state), parsed.GetRequiredValue(_user), cancellationToken);
                return await run(parsed, client, cancellationToken);
            });
            return command;
        }
    }
}
