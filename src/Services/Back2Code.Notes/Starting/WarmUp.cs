using Back2Code.Audit;
using Back2Code.Data;
using Back2Code.Notes.Deleting;
using Back2Code.Notes.Listing;
using Back2Code.Notes.Reading;
using Back2Code.Notes.Replacing;
using Back2Code.Resilience;

namespace Back2Code.Notes.Starting;

/// <summary>
/// Takes the way of a request a few times before the first request does: opens the pool's connections and has the code compiled. A replica
/// that returns under load would otherwise answer its first requests with 503, because their time budget ends while it is still compiling.
/// Changes nothing: it asks for notes that do not exist, of an owner who cannot sign in.
/// </summary>
internal sealed partial class WarmUp : BackgroundService
{
    // The subject of a token is never empty, so nobody owns these.
    private const string Nobody = "";

    // The first round opens connections, as many at once as the pool's half; the second finds them open.
    private const int Rounds = 3;
    private const int AtOnce = 6;

    // Cold, but up, is better than a replica that waits for a database which the others do without.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly PostgresMigrator _migrator;
    private readonly ListNotes _list;
    private readonly ReadNote _read;
    private readonly ReplaceNote _replace;
    private readonly DeleteNote _delete;
    private readonly TimeProvider _time;
    private readonly ILogger<WarmUp> _logger;
    private readonly StartupPart _part;

    public WarmUp(
        PostgresMigrator migrator, ListNotes list, ReadNote read, ReplaceNote replace, DeleteNote delete, StartupGate gate, TimeProvider time, ILogger<WarmUp> logger)
    {
        _migrator = migrator;
        _list = list;
        _read = read;
        _replace = replace;
        _delete = delete;
        _time = time;
        _logger = logger;
        _part = gate.Register("warm-up");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _migrator.Completed.WaitAsync(stoppingToken);
        using CancellationTokenSource limit = new(Limit, _time);
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        try
        {
            for (int round = 0; round < Rounds; round += await TryRoundAsync(ending.Token) ? 1 : 0)
            {
            }
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            Log.CutShort(_logger, Limit.TotalSeconds);
        }

        _part.Complete();
    }

    /// <summary>The first requests may well end out of time and open the circuit; that is what happens here instead of to a user.</summary>
    private async Task<bool> TryRoundAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => TakeEveryWayAsync(cancellationToken)));
            return true;
        }
        catch (DependencyUnavailableException exception)
        {
            await Task.Delay(exception.RetryAfter > Pause ? exception.RetryAfter : Pause, _time, cancellationToken);
            return false;
        }
    }

    private async Task TakeEveryWayAsync(CancellationToken cancellationToken)
    {
        await _list.ExecuteAsync(Nobody, limit: 1, before: Guid.AllBitsSet, cancellationToken);
        await _read.ExecuteAsync(Guid.CreateVersion7(), Nobody, cancellationToken);
        await _replace.ExecuteAsync(Guid.CreateVersion7(), new ReplaceNoteRequest("warm-up", "", 1), Nobody, AuditActor.Service, cancellationToken);
        await _delete.ExecuteAsync(Guid.CreateVersion7(), Nobody, AuditActor.Service, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(4061, LogLevel.Warning, "PostgreSQL did not take the warm-up within {Seconds} s; starting cold", EventName = "WarmUpCutShort")]
        public static partial void CutShort(ILogger logger, double seconds);
    }
}
