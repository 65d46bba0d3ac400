using System.Net;
using System.Net.Http.Json;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Messaging;
using Back2Code.Monitoring;
using Back2Code.Monitoring.Health;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using RabbitMQ.Client;

namespace Back2Code.IntegrationTests.Monitoring.Health;

/// <summary>The health monitor within its service: what it tells machines, people and listeners, also while its database is away.</summary>
public sealed class HealthMonitorTests(SharedServers servers)
{
    private static readonly Dictionary<string, string> EverySecond = new() { ["Monitoring:HealthInterval"] = "00:00:01", ["Monitoring:Health:CheckTimeout"] = "00:00:01" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PostgreSQL_that_dies_is_unknown_within_a_round_and_the_rest_goes_on()
    {
        await using var postgres = await PostgresServer.StartAsync();
        using var spool = new SpoolFolder();
        await using var monitoring = await MonitoringApplication.StartAsync(await postgres.CreateDatabaseAsync("monitoring"), spool.Path, EverySecond);
        await UntilAsync(monitoring, "postgres-connections", HealthState.Ok);

        await postgres.KillAsync();
        HealthView during = null!;
        await Eventually.IsTrueAsync(
            async () => (during = await HealthAsync(monitoring)).Checks.Where(c => c.Name.StartsWith("postgres-", StringComparison.Ordinal)).All(c => c.Status == HealthState.Unknown),
            TimeSpan.FromSeconds(10),
            "PostgreSQL is unknown");
        using var page = await monitoring.Anonymous().GetAsync("/status", Cancellation);
        await postgres.RestartAsync();
        await UntilAsync(monitoring, "postgres-connections", HealthState.Ok);

        Assert.Equal(HealthState.Unknown, during.Status);
        Assert.Equal(HealthState.Ok, during.Checks.Single(c => c.Name == "disk").Status);
        Assert.Equal(HealthState.NotApplicable, during.Checks.Single(c => c.Name == "certificate").Status);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    [Fact]
    public async Task A_PostgreSQL_that_hangs_delays_no_other_check()
    {
        await using var postgres = await PostgresServer.StartAsync();
        using var spool = new SpoolFolder();
        await using var monitoring = await MonitoringApplication.StartAsync(await postgres.CreateDatabaseAsync("monitoring"), spool.Path, EverySecond);
        await UntilAsync(monitoring, "postgres-connections", HealthState.Ok);

        postgres.Freeze();
        try
        {
            await UntilAsync(monitoring, "postgres-locks", HealthState.Unknown);
            DateTimeOffset looked = (await HealthAsync(monitoring)).Checks.Single(c => c.Name == "disk").CheckedAt;

            await Eventually.IsTrueAsync(async () => (await HealthAsync(monitoring)).Checks.Single(c => c.Name == "disk").CheckedAt > looked, TimeSpan.FromSeconds(10), "the disk is looked at again");
        }
        finally
        {
            postgres.Thaw();
        }
    }

    [Fact]
    public async Task The_page_is_for_anybody_and_the_document_for_who_is_signed_in()
    {
        using var spool = new SpoolFolder();
        await using var monitoring = await MonitoringApplication.StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), spool.Path, EverySecond);
        await monitoring.TellAsync(Notification.Alert("NotesAvailabilityFastBurn", 0, severity: "critical").Replace("NotesAvailabilityFastBurn summary", "Notes <b>fail</b>", StringComparison.Ordinal));

        using var anonymous = await monitoring.Anonymous().GetAsync("/v1/health", Cancellation);
        using var page = await monitoring.Anonymous().GetAsync("/status", Cancellation);
        string html = await page.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType!.ToString());
        Assert.True(page.Headers.CacheControl!.NoStore);
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("Users are affected", html, StringComparison.Ordinal);
        Assert.Contains("Notes &lt;b&gt;fail&lt;/b&gt;", html, StringComparison.Ordinal);
        Assert.Contains("no Prometheus is configured", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_can_be_turned_off()
    {
        using var spool = new SpoolFolder();
        await using var monitoring = await MonitoringApplication.StartAsync(
            await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), spool.Path, new Dictionary<string, string> { ["Monitoring:Health:StatusPage"] = "false" });

        Assert.Equal(HttpStatusCode.NotFound, (await monitoring.Anonymous().GetAsync("/status", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Changes_reach_who_listens_and_nothing_is_kept_for_nobody()
    {
        var rabbitMq = await servers.RabbitMqAsync();
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring");
        using var spool = new SpoolFolder();
        string backups = Path.Combine(spool.Path, "backups");
        Directory.CreateDirectory(backups);
        await using var monitoring = await MonitoringApplication.StartAsync(database, spool.Path, new Dictionary<string, string>(EverySecond)
        {
            ["ConnectionStrings:RabbitMQ"] = rabbitMq.ConnectionString,
            ["Monitoring:Health:BackupPath"] = backups,
        });
        await UntilAsync(monitoring, "backup", HealthState.Critical);

        // Nobody listens yet: what was told so far leaves the outbox unheard.
        await Eventually.IsTrueAsync(async () => await CountAsync(database, "SELECT count(*) FROM outbox") == 0, TimeSpan.FromSeconds(20), "the outbox is empty");
        await using var connection = await new ConnectionFactory { Uri = new Uri(rabbitMq.ConnectionString) }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        string queue = await ListenAsync(channel);
        await File.WriteAllTextAsync(Path.Combine(backups, "today.dump"), "data", Cancellation);

        var heard = await HearAsync(channel, queue, e => e.Subject == "backup");

        Assert.Equal(("critical", "ok"), (heard.Data.GetProperty("from").GetString(), heard.Data.GetProperty("to").GetString()));
    }

    [Fact]
    public async Task Changes_while_PostgreSQL_was_away_are_told_with_their_true_time()
    {
        var rabbitMq = await servers.RabbitMqAsync();
        await using var postgres = await PostgresServer.StartAsync();
        string database = await postgres.CreateDatabaseAsync("monitoring");
        using var spool = new SpoolFolder();
        await using var monitoring = await MonitoringApplication.StartAsync(database, spool.Path, new Dictionary<string, string>(EverySecond) { ["ConnectionStrings:RabbitMQ"] = rabbitMq.ConnectionString });
        await UntilAsync(monitoring, "postgres-connections", HealthState.Ok);
        await using var connection = await new ConnectionFactory { Uri = new Uri(rabbitMq.ConnectionString) }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        string queue = await ListenAsync(channel);

        await postgres.KillAsync();
        await UntilAsync(monitoring, "postgres-connections", HealthState.Unknown);
        DateTimeOffset before = TimeProvider.System.GetUtcNow();
        await postgres.RestartAsync();

        var heard = await HearAsync(channel, queue, e => e.Subject == "postgres-connections" && e.Data.GetProperty("to").GetString() == "unknown");

        Assert.Equal("ok", heard.Data.GetProperty("from").GetString());
        Assert.InRange(heard.Time, before - TimeSpan.FromSeconds(30), before);
    }

    [Fact]
    public async Task After_a_commit_whose_answer_was_lost_the_events_that_came_since_are_told()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring");
        using var spool = new SpoolFolder();
        await using var monitoring = await MonitoringApplication.StartAsync(database, spool.Path);
        await using var dataSource = NpgsqlDataSource.Create(database);
        using var events = new HealthEvents(dataSource, null!, new EventTarget(HasBroker: true), TimeProvider.System, NullLogger<HealthEvents>.Instance);
        CloudEvent first = EventOf("first"), second = EventOf("second");
        events.Add(first);
        Assert.True(await events.WriteOnceAsync(Cancellation));

        // As it stands when the answer was lost: the outbox has it, and it still waits.
        events.Add(first);
        events.Add(second);
        bool taken = await events.WriteOnceAsync(Cancellation);

        Assert.True(taken);
        Assert.Equal(1, await CountAsync(database, "SELECT count(*) FROM outbox WHERE subject = 'first'"));
        Assert.Equal(1, await CountAsync(database, "SELECT count(*) FROM outbox WHERE subject = 'second'"));
    }

    private static CloudEvent EventOf(string check) => HealthEvents.EventOf(new HealthChange(
        new CheckStatus
        {
            Check = check,
            Title = check,
            Finding = new Finding("", HealthState.Warning, "found", []),
            Since = TimeProvider.System.GetUtcNow(),
            CheckedAt = TimeProvider.System.GetUtcNow(),
            Duration = TimeSpan.Zero,
        },
        From: null));

    private static async Task<string> ListenAsync(IChannel channel)
    {
        // The service declares the exchange with its first event, which may be after this.
        await channel.ExchangeDeclareAsync("back2code.events", ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: Cancellation);
        var queue = await channel.QueueDeclareAsync(cancellationToken: Cancellation);
        await channel.QueueBindAsync(queue.QueueName, "back2code.events", "health.#", cancellationToken: Cancellation);
        return queue.QueueName;
    }

    private static async Task<CloudEvent> HearAsync(IChannel channel, string queue, Predicate<CloudEvent> wanted)
    {
        CloudEvent? heard = null;
        await Eventually.IsTrueAsync(
            async () => await channel.BasicGetAsync(queue, autoAck: true, Cancellation) is { } message && wanted(heard = CloudEventMessage.Read(message.BasicProperties, message.Body)),
            TimeSpan.FromSeconds(40),
            "the event is heard");
        return heard!;
    }

    private static async Task<HealthView> HealthAsync(MonitoringApplication monitoring)
    {
        using var client = monitoring.AsUser("operator");
        return (await client.GetFromJsonAsync<HealthView>("/v1/health", Cancellation))!;
    }

    private static Task<TimeSpan> UntilAsync(MonitoringApplication monitoring, string check, HealthState state) => Eventually.IsTrueAsync(
        async () => (await HealthAsync(monitoring)).Checks.Any(c => c.Name == check && c.Status == state), TimeSpan.FromSeconds(30), $"{check} is {state}");

    private static async Task<long> CountAsync(string database, string sql)
    {
        await using var dataSource = NpgsqlDataSource.Create(database);
        await using var command = dataSource.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
