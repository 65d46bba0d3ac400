using Back2Code.Identity.Audit;
using Back2Code.IntegrationTests.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.IntegrationTests.Audit;

/// <summary>A superuser who turns the triggers off can do anything. Each of these does something else, and each is found and named.</summary>
public sealed class TamperingTests(SharedServers servers)
{
    /// <summary>What the trigger does, for a row that somebody has changed.</summary>
    private const string Rehash = """
        UPDATE audit_records r SET hash = sha256(
          convert_to('back2code.audit.record.1', 'UTF8') || r.previous_hash || int8send(r.sequence)
          || audit_field(r.event_id::text) || audit_field(r.source) || int8send((extract(epoch FROM r.time) * 1000000)::bigint)
          || audit_field(r.subject) || audit_field(r.client) || audit_field(r.address) || audit_field(r.action) || audit_field(r.target)
          || audit_field(r.outcome) || audit_field(r.reason) || audit_field(r.trace_id) || int4send(r.count))
        """;

    /// <summary>The whole chain anew, with another text in row 3: whole in itself.</summary>
    private const string Rewrite = """
        CREATE TEMP TABLE kept AS SELECT * FROM audit_records ORDER BY sequence;
        UPDATE kept SET subject = 'nobody' WHERE sequence = 3;
        DELETE FROM audit_records;
        UPDATE audit_head SET sequence = 0, hash = decode(repeat('00', 32), 'hex');
        ALTER TABLE audit_records ENABLE TRIGGER audit_chain;
        INSERT INTO audit_records (event_id, source, time, subject, client, address, action, target, outcome, reason, trace_id, count)
        SELECT event_id, source, time, subject, client, address, action, target, outcome, reason, trace_id, count FROM kept ORDER BY sequence
        """;

    public static TheoryData<string, AuditBreak, int> Tampering => new()
    {
        { "UPDATE audit_records SET subject = 'somebody else' WHERE sequence = 4", AuditBreak.Altered, 4 },
        { "UPDATE audit_records SET outcome = 'denied' WHERE sequence = 1", AuditBreak.Altered, 1 },
        { "UPDATE audit_records SET time = time + interval '1 microsecond' WHERE sequence = 10", AuditBreak.Altered, 10 },
        { "UPDATE audit_records SET reason = '' WHERE sequence = 2", AuditBreak.Altered, 2 },
        { "DELETE FROM audit_records WHERE sequence = 5", AuditBreak.Missing, 5 },
        { "DELETE FROM audit_records WHERE sequence = 1", AuditBreak.Missing, 1 },
        { "DELETE FROM audit_records WHERE sequence > 8", AuditBreak.Missing, 9 },
        { "TRUNCATE audit_records", AuditBreak.Missing, 1 },
        { "UPDATE audit_records SET sequence = CASE sequence WHEN 3 THEN -7 ELSE -3 END WHERE sequence IN (3, 7); UPDATE audit_records SET sequence = -sequence WHERE sequence < 0", AuditBreak.Reordered, 3 },
        { "DELETE FROM audit_records WHERE sequence = 5; UPDATE audit_records SET sequence = -sequence WHERE sequence > 5; UPDATE audit_records SET sequence = -sequence - 1 WHERE sequence < 0", AuditBreak.Reordered, 5 },
        { "UPDATE audit_records SET subject = 'somebody else' WHERE sequence = 4; " + Rehash + " WHERE sequence = 4", AuditBreak.Rewritten, 5 },
        { "UPDATE audit_records SET subject = 'somebody else' WHERE sequence = 10; " + Rehash + " WHERE sequence = 10", AuditBreak.Rewritten, 10 },
        { Rewrite, AuditBreak.Rewritten, 3 },

        // The newest rows go, with the head set back as if they had never been: the checkpoint of row 6 tells.
        { "DELETE FROM audit_records WHERE sequence > 5; UPDATE audit_head SET (sequence, hash) = (SELECT sequence, hash FROM audit_records WHERE sequence = 5)", AuditBreak.Missing, 6 },
        { "UPDATE audit_head SET (sequence, hash) = (SELECT sequence, hash FROM audit_records WHERE sequence = 9)", AuditBreak.Rewritten, 10 },
        { "DELETE FROM audit_head", AuditBreak.Missing, 1 },
        { "UPDATE audit_checkpoints SET hash = decode(repeat('22', 32), 'hex') WHERE number = 2", AuditBreak.Checkpoint, 6 },
        { "UPDATE audit_checkpoints SET key_id = 'mine' WHERE number = 2", AuditBreak.Checkpoint, 6 },
        { "DELETE FROM audit_checkpoints WHERE number = 1", AuditBreak.Checkpoint, 6 },
    };

    [Theory]
    [MemberData(nameof(Tampering))]
    public async Task Tampering_is_found_and_the_first_broken_row_is_named(string sql, AuditBreak kind, int sequence)
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);
        await identity.AppendAsync(count: 3);
        await identity.CheckpointAsync();
        await identity.AppendAsync(count: 3);
        await identity.CheckpointAsync();
        await identity.AppendAsync(count: 4);
        Assert.True((await identity.VerifyAsync()).Intact);

        await identity.Database.TamperAsync(sql);

        var verdict = await identity.VerifyAsync();
        Assert.False(verdict.Intact);
        Assert.Equal((kind, (long)sequence), (verdict.Fault!.Kind, verdict.Fault.Sequence));
    }

    [Fact]
    public async Task What_is_written_and_signed_during_the_walk_is_not_missing()
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);
        await identity.AppendAsync(count: 1);
        await identity.CheckpointAsync();
        await identity.AppendAsync(AuditReader.PageRows + 5);
        await identity.CheckpointAsync();
        await identity.AppendAsync(count: 1);
        AuditVerification verification = new(identity.Services.GetRequiredService<AuditReader>(), identity.Services.GetRequiredService<CheckpointKeys>());
        await using var walk = verification.RunAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        // The first page is walked; the second has the last checkpoint that there is so far.
        Assert.True(await walk.MoveNextAsync());
        await identity.AppendAsync(count: 3);
        await identity.CheckpointAsync();
        AuditVerdict? verdict = null;
        while (verdict is null && await walk.MoveNextAsync())
        {
            verdict = walk.Current;
        }

        Assert.True(verdict!.Intact, verdict.Fault?.Detail);
        Assert.Equal(AuditReader.PageRows + 7, verdict.Records);
    }

    [Fact]
    public async Task A_chain_rewritten_with_checkpoints_signed_by_another_key_is_found()
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);
        await identity.AppendAsync(count: 6);
        await identity.CheckpointAsync();
        await identity.Database.TamperAsync(Rewrite);
        await identity.Database.TamperAsync("DELETE FROM audit_checkpoints");

        await using (var forger = await IdentityWithAudit.StartAsync(identity.Database))
        {
            await forger.CheckpointAsync();
            Assert.True((await forger.VerifyAsync()).Intact);
        }

        var verdict = await identity.VerifyAsync();
        Assert.Equal((AuditBreak.Checkpoint, 6L), (verdict.Fault!.Kind, verdict.Fault.Sequence));
    }

    [Fact]
    public async Task A_verdict_says_how_far_the_checkpoints_reach()
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);
        await identity.AppendAsync(count: 4);
        await identity.CheckpointAsync();
        await identity.AppendAsync(count: 2);

        var verdict = await identity.VerifyAsync();

        Assert.Equal((true, 6L, 1L, 4L), (verdict.Intact, verdict.Records, verdict.Checkpoints, verdict.SignedUpTo));
    }
}
