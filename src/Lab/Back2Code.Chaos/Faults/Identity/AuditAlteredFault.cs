using System.Globalization;
using Back2Code.Chaos.Faults.Postgres;
using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Identity;

/// <summary><c>identity.audit-altered</c>: whoever has PostgreSQL's superuser puts somebody else's name into a record.</summary>
internal sealed class AuditAlteredFault : PostgresFault
{
    private const string Scapegoat = "somebody-else";

    // The service looks at its own interval, five seconds in the lab, and takes longer the longer the trail is.
    private static readonly TimeSpan LongestSearch = TimeSpan.FromMinutes(2);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public override string Type => "identity.audit-altered";

    public override string Summary => "Switches the audit trail's trigger off as a superuser can, changes who did it in one record, and switches the trigger on again.";

    public override string Symptom => "AuditTampered, when the service has walked the trail again; `audit verify` names the record. Nobody else notices anything.";

    public override string Receipt => "PostgreSQL holds the changed record, and the service's own walk over the trail has found it broken (back2code_audit_intact 0).";

    public override string Undo => "Writes the name that was there before into the record and leaves the trigger on, as a superuser; the chain is whole again.";

    public override FaultExample Example { get; } = new("postgres");

    protected override string? TracesQuery => """
        SELECT 'postgres: the trigger that guards the audit trail is off' FROM pg_trigger
        WHERE tgname = 'audit_records_refuse' AND tgrelid = to_regclass('identity.audit_records') AND tgenabled <> 'A'
        """;

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        await using var session = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        await RequireTableAsync(session, "identity.audit_records", cancellationToken);
        var sequence = await session.ReadAsync<long>("SELECT COALESCE(max(sequence), 0) FROM identity.audit_records", cancellationToken);
        if (sequence == 0)
        {
            throw new FaultException("The audit trail is empty: there is nothing to alter.");
        }

        var subject = await session.ReadAsync<string>("SELECT subject FROM identity.audit_records WHERE sequence = @sequence", cancellationToken, ("sequence", sequence));
        return new FaultPlan
        {
            Undo = [new RestoreAuditRecord(sequence, subject)],
            Act = token => AlterAsync(context, sequence, token),
        };
    }

    internal static Task WriteAsync(PostgresSession session, long sequence, string? subject, CancellationToken cancellationToken) => session.ExecuteAsync(
        FormattableString.Invariant($"""
            BEGIN;
            ALTER TABLE identity.audit_records DISABLE TRIGGER audit_records_refuse;
            UPDATE identity.audit_records SET subject = {(subject is null ? "NULL" : PostgresSession.Literal(subject))} WHERE sequence = {sequence};
            ALTER TABLE identity.audit_records ENABLE ALWAYS TRIGGER audit_records_refuse;
            COMMIT;
            """),
        cancellationToken);

    private static async Task<Evidence> AlterAsync(FaultContext context, long sequence, CancellationToken cancellationToken)
    {
        var platform = context.Platform;
        await using (var session = await PostgresSession.OpenToActAsync(context, cancellationToken))
        {
            await WriteAsync(session, sequence, Scapegoat, cancellationToken);
        }

        var (verdict, took) = await Watch.UntilAsync(platform, LongestSearch, token => ReadIntactAsync(platform, token), intact => intact == 0, cancellationToken);
        return verdict == 0
            ? Evidence.Seen($"identity: record {sequence} names {Scapegoat} now, and the service has found its trail broken (back2code_audit_intact 0) after {took.TotalSeconds:0.0} s")
            : Evidence.NotSeen($"identity: record {sequence} names {Scapegoat} now, and the service has not said so within {took.TotalSeconds:0} s");
    }

    /// <summary>What the service tells Prometheus; null while it tells nothing.</summary>
    private static async Task<double?> ReadIntactAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), platform.Time, cancellationToken);
            var metrics = await Http.GetStringAsync(new Uri(platform.Identity.Address, "/metrics"), cancellationToken);
            var line = metrics.Split('\n').FirstOrDefault(l => l.StartsWith("back2code_audit_intact", StringComparison.Ordinal));
            return line is null ? null : double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}

/// <summary>Writes back what stood in an audit record: only a drill may, because it knows.</summary>
internal sealed record RestoreAuditRecord(long Sequence, string? Subject) : PostgresUndo
{
    internal override string? Owns => FormattableString.Invariant($"the audit record {Sequence}");

    protected override async Task<string> ApplyAsync(PostgresSession session, IFaultTarget platform, CancellationToken cancellationToken)
    {
        await AuditAlteredFault.WriteAsync(session, Sequence, Subject, cancellationToken);
        return FormattableString.Invariant($"postgres: the audit record {Sequence} says what it said");
    }
}
