using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary>Undoes inside PostgreSQL what outlives it, after whatever a dead injector may have left under way.</summary>
internal abstract record PostgresUndo : UndoStep
{
    internal override bool OutlivesPlatform => true;

    internal override string? NeedsProcess => "postgres";

    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        await using var session = await PostgresSession.OpenAsync(platform, cancellationToken);
        await EndSessions.EndAsync(platform, session, record.FaultId, cancellationToken);
        return await ApplyAsync(session, platform, cancellationToken);
    }

    protected abstract Task<string> ApplyAsync(PostgresSession session, IFaultTarget platform, CancellationToken cancellationToken);
}
