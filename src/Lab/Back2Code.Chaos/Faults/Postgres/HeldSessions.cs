using System.Collections.Concurrent;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary>The sessions that one fault holds open. They end with this process, with their lease on the server, or by <see cref="EndSessions"/>.</summary>
internal sealed class HeldSessions(IFaultTarget platform, string faultId, TimeSpan lease) : IAsyncDisposable
{
    private readonly ConcurrentBag<PostgresSession> _sessions = [];
    private readonly ConcurrentBag<Task> _running = [];
    private readonly CancellationTokenSource _ending = new();

    public async Task<PostgresSession> OpenAsync(CancellationToken cancellationToken)
    {
        var session = await PostgresSession.OpenForAsync(platform, faultId, lease, cancellationToken);
        _sessions.Add(session);
        return session;
    }

    /// <summary>Leaves a statement running until the sessions end.</summary>
    public void Run(PostgresSession session, string sql) => _running.Add(session.ExecuteAsync(sql, _ending.Token));

    public async ValueTask DisposeAsync()
    {
        // A session that still has an answer to come cannot be closed in order.
        await _ending.CancelAsync();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (_sessions.TryTake(out var session))
        {
            await session.DisposeAsync();
        }
    }
}
