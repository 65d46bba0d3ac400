using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Back2Code.Identity;
using Back2Code.IntegrationTests.Identity;
using Back2Code.IntegrationTests.Identity.Accounts;
using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Notifications;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Back2Code.Messaging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using RabbitMQ.Client;

namespace Back2Code.IntegrationTests.Privacy;

/// <summary>
/// Sows values that occur nowhere else into every place where a person can write something, goes every way that they can take, and the ways of failure too, and then
/// reads all that was written down: logs of services and servers, metrics, traces, events, dead letters, audit records. None of it may hold one of them.
/// </summary>
[Collection(FailureDrills.Name)]
public sealed class MarkedValuesTests : IDisposable
{
    private readonly Recorder _log = new();
    private readonly ConcurrentQueue<string> _traces = new();
    private readonly ActivityListener _listener;
    private readonly Dictionary<string, string> _marks = [];

    public MarkedValuesTests()
    {
        // What the tests' own clients do is not the services'.
        _listener = new()
        {
            ShouldListenTo = static source => source.Name != "System.Net.Http",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => _traces.Enqueue(string.Join(
                '\n',
                activity.TagObjects.Concat(activity.Events.SelectMany(static one => one.Tags)).Concat(activity.Baggage.Select(static one => KeyValuePair.Create(one.Key, (object?)one.Value)))
                    .Select(static tag => $"{tag.Key}={tag.Value}").Prepend($"{activity.Source.Name} {activity.DisplayName} {activity.StatusDescription}"))),
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_that_is_written_down_holds_what_a_person_wrote_or_a_secret()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var redis = await RedisServer.StartAsync();
        await using var rabbitMq = await RabbitMqServer.StartAsync();
        List<string> written;
        await using (var platform = await PrivacyPlatform.StartAsync(
            postgres, redis, rabbitMq.ConnectionString, _log,
            static services => services.PostConfigure<ConsumerOptions>("notifications.notes", static consumer => consumer.RetryDelays = [TimeSpan.FromMilliseconds(50)])))
        {
            var user = await SowAsync(platform);
            await FailAsync(platform, user);
            string dead = await DeadLetterAsync(platform, rabbitMq, user);
            await platform.EraseAsync(user.Id);
            await platform.ErasedAsync(user.Id);
            written =
            [
                "dead letter\n" + dead,
                .. await ScrapeAsync(platform),
                .. await RowsAsync(platform),
                .. await SecretsAtRestAsync(platform),
            ];
        }

        written.AddRange(_log.Lines.Select(static line => "log\n" + line));
        written.AddRange(_traces.Select(static trace => "trace\n" + trace));
        foreach (string file in new[] { postgres.LogFile, redis.LogFile, rabbitMq.LogFile })
        {
            // Whoever reads it while the server writes must let it.
            using StreamReader reader = new(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            written.Add(file + "\n" + await reader.ReadToEndAsync(Cancellation));
        }

        // That the search looks at something: every witness has said a word.
        Assert.Contains(written, static text => text.StartsWith("log\nBack2Code.Identity", StringComparison.Ordinal));
        Assert.Contains(written, static text => text.StartsWith("log\nBack2Code.Messaging", StringComparison.Ordinal) && text.Contains("dead letter", StringComparison.Ordinal));
        Assert.Contains(written, static text => text.StartsWith("trace\nNpgsql", StringComparison.Ordinal));
        Assert.Contains(written, text => text.StartsWith(postgres.LogFile, StringComparison.Ordinal) && text.Contains("not this one", StringComparison.Ordinal));
        Assert.InRange(_marks.Count, 18, 30);
        Assert.Empty(
            from mark in _marks
            from text in written
            where text.Contains(mark.Value, StringComparison.OrdinalIgnoreCase)
            select $"{mark.Key} in {text[..Math.Min(400, text.Length)]}");
    }

    public void Dispose()
    {
        _listener.Dispose();
        _log.Dispose();
    }

    /// <summary>A mark that is found however its surroundings are encoded: letters and digits only.</summary>
    private string Mark(string what) => _marks[what] = $"marked{Guid.NewGuid():N}";

    private string Mark(string what, string value)
    {
        _marks[what] = value;
        return value;
    }

    /// <summary>Goes every way that a person has.</summary>
    private async Task<UserView> SowAsync(PrivacyPlatform platform)
    {
        string name = Mark("name"), email = $"{Mark("e-mail address")}@example.test", password = $"{Mark("password")} Battery";
        using var admin = await platform.Identity.AsAdminAsync();
        using var made = await admin.PostAsJsonAsync("/v1/users", new { name, role = "analyst", password, email }, Cancellation);
        var user = (await made.Content.ReadFromJsonAsync<UserView>(Cancellation))!;
        Mark("link of the invitation", TokenOf((await platform.Identity.MailToAsync(email)).Link));
        using var found = await admin.GetAsync($"/v1/users?name={name}", Cancellation);

        using Browser browser = new(platform.Identity);
        using var refused = await browser.SignInAsync(name, Mark("wrong password"));
        using var typo = await browser.SignInAsync(Mark("name of nobody"), password);
        using var signedIn = await browser.SignInAsync(name, password);
        Assert.Equal("/account", Browser.Location(signedIn));
        Mark("cookie", browser.Cookies.Cast<Cookie>().Single(static cookie => cookie.Name.Contains("session", StringComparison.OrdinalIgnoreCase)).Value);

        using var page = await browser.GetAsync("/account/second-factor");
        using var shown = await browser.SubmitAsync(page, ("action", "begin"), ("current", password));
        string secret = (await shown.Content.ReadAsStringAsync(Cancellation)).Split("secret=")[1].Split('&')[0];
        Mark("TOTP secret", secret);
        var authenticator = await Authenticator.ScanAsync(shown);
        using var wrong = await browser.SubmitAsync(shown, ("action", "confirm"), ("code", Mark("code")));
        using var confirmed = await browser.SubmitAsync(shown, ("action", "confirm"), ("code", authenticator.Code()));
        string codes = await confirmed.Content.ReadAsStringAsync(Cancellation);
        Mark("recovery code", codes.Split("<li><code>")[1].Split('<')[0]);

        using var change = await browser.GetAsync("/account/email");
        string next = $"{Mark("next address")}@example.test";
        using var asked = await browser.SubmitAsync(change, ("email", next), ("current", password));
        string link = (await platform.Identity.MailToAsync(next)).Link;
        Mark("link of an address", TokenOf(link));
        using var confirm = await browser.GetAsync(link);
        using var moved = await browser.SubmitAsync(confirm);
        using var register = await browser.GetAsync("/register");
        using var registered = await browser.SubmitAsync(register, ("email", $"{Mark("address of nobody")}@example.test"));

        var client = await platform.Identity.CreateWebClientAsync();
        Mark("client secret", client.Secret!);
        using var authorize = await browser.GetAsync(Browser.AuthorizeUri(client, ("state", Mark("state")), ("login_hint", name)));
        string code = Mark("authorization code", Browser.Answer(authorize)["code"]);
        using var tokens = await platform.Identity.TokenAsync(client, "authorization_code", ("code", code), ("redirect_uri", Browser.RedirectUri), ("code_verifier", Browser.Verifier));
        var issued = await tokens.JsonAsync();
        string access = Mark("access token", issued.Text("access_token"));
        Mark("refresh token", issued.Text("refresh_token"));
        using var replayed = await platform.Identity.TokenAsync(client, "authorization_code", ("code", code), ("redirect_uri", Browser.RedirectUri), ("code_verifier", Browser.Verifier));
        using var known = platform.Identity.Anonymous();
        known.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", access);
        using var info = await known.GetAsync("/oauth2/userinfo", Cancellation);
        using var exported = await admin.GetAsync($"/v1/users/{user.Id}/export", Cancellation);
        Assert.Contains(next, await exported.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);

        using var writer = platform.Notes.AsUser(user.Id.ToString());
        Mark("token for notes", writer.DefaultRequestHeaders.Authorization!.Parameter!);
        using var created = await writer.PostNoteAsync(Mark("title"), Mark("text"), Mark("idempotency key"));
        var note = await created.NoteAsync();
        using var read = await writer.ReadNoteAsync(note.Id);
        using var replaced = await writer.ReplaceNoteAsync(note.Id, Mark("second title"), Mark("second text"), 1);
        using var conflict = await writer.ReplaceNoteAsync(note.Id, _marks["title"], _marks["text"], 1);
        using var reused = await writer.PostNoteAsync(_marks["second title"], key: _marks["idempotency key"]);
        using var tooLong = await writer.PostNoteAsync(_marks["title"] + new string('x', 300), _marks["text"]);
        using var notes = await writer.GetAsync("/v1/notes/export", Cancellation);
        await platform.ToldAsync(user.Id, 2);
        return user;
    }

    /// <summary>Goes wrong where a service cannot help it: what an exception says is written down in many places.</summary>
    private async Task FailAsync(PrivacyPlatform platform, UserView user)
    {
        using var writer = platform.Notes.AsUser(user.Id.ToString());
        await ExecuteAsync(platform.Notes, """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not this one''; END';
            CREATE TRIGGER refuse BEFORE INSERT ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION refuse();
            ALTER TABLE notes ADD CONSTRAINT refuse CHECK (length(title) < 5) NOT VALID;
            """);
        using var thrown = await writer.PostNoteAsync(_marks["title"], _marks["text"], _marks["idempotency key"] + "2");
        using var violated = await writer.PostNoteAsync(_marks["title"], _marks["text"]);
        Assert.Equal([HttpStatusCode.InternalServerError, HttpStatusCode.InternalServerError], [thrown.StatusCode, violated.StatusCode]);
        await ExecuteAsync(platform.Notes, "DROP TRIGGER refuse ON idempotency_keys; ALTER TABLE notes DROP CONSTRAINT refuse");

        using var stranger = platform.Notes.Anonymous();
        stranger.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Mark("bad token"));
        using var bad = await stranger.GetAsync($"/v1/notes?cursor={Mark("cursor")}", Cancellation);
        using var notJson = await writer.PostAsync("/v1/notes", new StringContent($"{{\"title\": \"{_marks["title"]}\", \"body\": {_marks["text"]}", Encoding.UTF8, "application/json"), Cancellation);
        using var noRoute = await writer.GetAsync($"/v1/notes/no-id?q={Mark("query")}", Cancellation);
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.BadRequest, HttpStatusCode.NotFound], [bad.StatusCode, notJson.StatusCode, noRoute.StatusCode]);
    }

    /// <summary>Makes the inbox refuse what notes really publishes, until its message is a dead letter.</summary>
    private async Task<string> DeadLetterAsync(PrivacyPlatform platform, RabbitMqServer rabbitMq, UserView user)
    {
        await ExecuteAsync(platform.Notifications, "ALTER TABLE notifications ADD CONSTRAINT refuse CHECK (version < 0) NOT VALID");
        using var writer = platform.Notes.AsUser(user.Id.ToString());
        using var created = await writer.PostNoteAsync(_marks["title"], _marks["text"]);
        await using var connection = await new ConnectionFactory { Uri = new Uri(rabbitMq.ConnectionString) }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        BasicGetResult? dead = null;
        await Eventually.IsTrueAsync(
            async () => (dead = await channel.BasicGetAsync("notifications.notes.dead", autoAck: true, Cancellation)) is not null, TimeSpan.FromSeconds(30), "there is a dead letter");
        await ExecuteAsync(platform.Notifications, "ALTER TABLE notifications DROP CONSTRAINT refuse");
        string headers = string.Join('\n', dead!.BasicProperties.Headers!.Select(static header => $"{header.Key}: {(header.Value is byte[] text ? Encoding.UTF8.GetString(text) : header.Value)}"));
        Assert.Contains("x-back2code-reason", headers, StringComparison.Ordinal);
        return headers + "\n" + Encoding.UTF8.GetString(dead.Body.Span);
    }

    private static async Task<List<string>> ScrapeAsync(PrivacyPlatform platform)
    {
        List<string> pages = [];
        foreach (var service in new IServiceApplication[] { platform.Identity, platform.Notes, platform.Notifications })
        {
            using var scraper = service.Anonymous();
            pages.Add("metrics\n" + await scraper.GetStringAsync("/metrics", Cancellation));
        }

        return pages;
    }

    /// <summary>What services write about what happened. Read after the erasure, so nothing of this goes with it.</summary>
    private static async Task<List<string>> RowsAsync(PrivacyPlatform platform)
    {
        List<string> rows = [];
        foreach (var (service, tables) in new (IServiceApplication Service, string[] Tables)[]
        {
            (platform.Identity, ["audit_records", "outbox", "inbox", "erasures", "erasure_services", "users"]), (platform.Notes, ["outbox", "inbox", "notes", "erased_owners"]),
            (platform.Notifications, ["outbox", "inbox", "notifications", "erased_users"]),
        })
        {
            foreach (string table in tables)
            {
                rows.Add($"table {table}\n" + await PrivacyPlatform.ReadAsync<string>(service, $"SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {table} t"));
            }
        }

        Assert.Contains(rows, static text => text.Contains("identity.erasure-completed", StringComparison.Ordinal));
        return rows;
    }

    /// <summary>The whole of identity's database once more: after an erasure not even what is encrypted is left, and digests tell nothing.</summary>
    private static async Task<List<string>> SecretsAtRestAsync(PrivacyPlatform platform)
    {
        string tables = await PrivacyPlatform.ReadAsync<string>(
            platform.Identity, "SELECT string_agg(table_name, ' ') FROM information_schema.tables WHERE table_schema = 'identity' AND table_type = 'BASE TABLE'");
        List<string> rows = [];
        foreach (string table in tables.Split(' '))
        {
            rows.Add($"table {table}\n" + await PrivacyPlatform.ReadAsync<string>(platform.Identity, $"SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {table} t"));
        }

        return rows;
    }

    private static string TokenOf(string link) => link.Split("token=")[1];

    private static async Task ExecuteAsync(IServiceApplication service, string sql)
    {
        await using var command = service.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>What the services log, with the levels that they have when they run, and everything of their own code whatever its level.</summary>
    private sealed class Recorder : ILoggerProvider
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IEnumerable<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => new Line(_lines, categoryName);

        public void Dispose()
        {
        }

        private sealed class Line(ConcurrentQueue<string> lines, string category) : ILogger
        {
            // Observability keeps these to warnings.
            private readonly LogLevel _least = category.StartsWith("Back2Code", StringComparison.Ordinal) ? LogLevel.Trace
                : category.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || category.StartsWith("System.Net.Http", StringComparison.Ordinal) ? LogLevel.Warning
                : LogLevel.Information;

            // Our lines have no scopes.
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (logLevel >= _least)
                {
                    lines.Enqueue($"{category} {formatter(state, exception)} {exception}");
                }
            }
        }
    }
}
