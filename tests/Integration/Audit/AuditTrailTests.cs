using Back2Code.Audit;
using Back2Code.IntegrationTests.Servers;
using Npgsql;

namespace Back2Code.IntegrationTests.Audit;

public sealed class AuditTrailTests(SharedServers servers)
{
    [Fact]
    public async Task A_record_exists_if_and_only_if_its_transaction_commits()
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);

        await identity.AppendAsync(IdentityWithAudit.Record(1), commit: false);
        await identity.AppendAsync(IdentityWithAudit.Record(2));

        var only = Assert.Single((await identity.ListAsync()).Items);
        Assert.Equal((1L, "users/2"), (only.Sequence, only.Target));
        Assert.True((await identity.VerifyAsync()).Intact);
    }

    [Fact]
    public async Task Parallel_appends_give_one_unbroken_chain()
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => identity.AppendAsync(count: 40)));

        var verdict = await identity.VerifyAsync();
        Assert.Equal((true, 320L), (verdict.Intact, verdict.Records));
    }

    [Fact]
    public async Task The_database_and_the_verifier_encode_every_kind_of_text_alike()
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);

        await identity.AppendAsync(IdentityWithAudit.Record(1) with { Actor = AuditActor.Service, TraceId = null });
        await identity.AppendAsync(IdentityWithAudit.Record(2) with { Actor = new AuditActor("Zoë 🜁 字", "", null), Target = "", Reason = "\"quoted\" \\ and 'so'" });
        await identity.AppendAsync(IdentityWithAudit.Record(3) with { Outcome = AuditOutcome.Denied, Count = int.MaxValue, Time = new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.FromHours(5)).AddTicks(7_654_320) });

        var verdict = await identity.VerifyAsync();
        Assert.Equal((true, 3L), (verdict.Intact, verdict.Records));
    }

    [Theory]
    [InlineData("UPDATE audit_records SET target = 'other'")]
    [InlineData("DELETE FROM audit_records")]
    [InlineData("TRUNCATE audit_records")]
    [InlineData("UPDATE audit_checkpoints SET sequence = 2")]
    [InlineData("DELETE FROM audit_checkpoints")]
    [InlineData("TRUNCATE audit_checkpoints")]
    [InlineData("DELETE FROM audit_head")]
    [InlineData("TRUNCATE audit_head")]
    public async Task Changing_what_is_written_is_refused_by_grant_and_by_trigger(string sql)
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);
        await identity.AppendAsync(count: 1);
        await identity.CheckpointAsync();

        var byGrant = await Assert.ThrowsAsync<PostgresException>(() => AuditDatabase.ExecuteAsync(identity.Database.Service, sql));
        var byTrigger = await Assert.ThrowsAsync<PostgresException>(() => AuditDatabase.ExecuteAsync(identity.Database.Superuser, "SET session_replication_role = replica; " + sql));

        Assert.Equal((PostgresErrorCodes.InsufficientPrivilege, true), (byGrant.SqlState, byGrant.MessageText.StartsWith("permission denied", StringComparison.Ordinal)));
        Assert.Equal((PostgresErrorCodes.InsufficientPrivilege, true), (byTrigger.SqlState, byTrigger.MessageText.Contains("is only ever added to", StringComparison.Ordinal)));
        Assert.True((await identity.VerifyAsync()).Intact);
    }

    [Fact]
    public async Task An_insert_cannot_choose_its_place_or_its_hash()
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);
        await identity.AppendAsync(count: 2);

        await AuditDatabase.ExecuteAsync(identity.Database.Service, """
            INSERT INTO audit_records (sequence, event_id, source, time, action, target, outcome, count, previous_hash, hash)
            VALUES (99, gen_random_uuid(), '/services/identity', now(), 'user.created', 'users/3', 'succeeded', 1, decode(repeat('11', 32), 'hex'), decode(repeat('22', 32), 'hex'))
            """);

        var verdict = await identity.VerifyAsync();
        Assert.Equal((true, 3L), (verdict.Intact, verdict.Records));
    }

    [Fact]
    public async Task The_list_filters_and_pages_without_gap_or_repetition()
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);
        await identity.AppendAsync(count: 7);
        await identity.AppendAsync(IdentityWithAudit.Record(8) with { Action = "auth.denied", Outcome = AuditOutcome.Denied, Actor = new AuditActor("eve", null, null) });

        var first = await identity.ListAsync("?subject=ada&limit=3");
        var second = await identity.ListAsync($"?subject=ada&limit=3&cursor={first.Next}");
        var third = await identity.ListAsync($"?subject=ada&limit=3&cursor={second.Next}");
        var denied = await identity.ListAsync("?outcome=denied&action=auth.denied&since=2020-01-01T00:00:00Z");

        Assert.Equal([7L, 6L, 5L, 4L, 3L, 2L, 1L], first.Items.Concat(second.Items).Concat(third.Items).Select(item => item.Sequence));
        Assert.Null(third.Next);
        Assert.Equal("eve", Assert.Single(denied.Items).Actor.Subject);
    }

    [Fact]
    public async Task The_export_holds_every_record_as_a_line_of_JSON()
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);
        await identity.AppendAsync(count: 5);
        using var client = identity.AsUser("auditor");

        string[] lines = (await client.GetStringAsync("/v1/audit/export?after=2", TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal([3L, 4L, 5L], lines.Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("sequence").GetInt64()));
    }
}
