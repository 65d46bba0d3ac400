using Back2Code.Data;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Notifying;
using Back2Code.Resilience;
using Npgsql;

namespace Back2Code.Monitoring.Alerts;

/// <summary>The history as a channel, which keeps every alert until PostgreSQL has it, and as what readers ask.</summary>
internal sealed partial class AlertHistory(AlertStore store, PostgresMigrator migrator, DependencyPipelines pipelines, ILogger<AlertHistory> logger) : IChannel
{
    public const string Name = "history";

    // A storm goes to PostgreSQL in pieces of a few megabytes at most.
    private const int BatchSize = 1_000;

    private readonly DependencyPipeline _postgres = pipelines.Get("postgres");

    public Subscription Subscription { get; } = new(Name, Severity.Info, KeepsEverything: true);

    public ChannelPace Pace { get; } = new(TimeSpan.Zero, TimeSpan.FromSeconds(60), null);

    public async Task DeliverAsync(IReadOnlyList<Notice> notices, CancellationToken cancellationToken)
    {
        await migrator.Completed.WaitAsync(cancellationToken);
        foreach (RecordedAlert[] batch in Latest(notices).Chunk(BatchSize))
        {
            await SaveAsync(batch, cancellationToken);
        }
    }

    public async Task<AlertPage> ListAsync(IncidentDesk desk, AlertFilter filter, AlertCursor? after, int limit, CancellationToken cancellationToken)
    {
        // What PostgreSQL does not have yet, or has in an older state.
        List<RecordedAlert> waiting = [.. Latest(desk.Board.Of(Name))];
        bool complete = true;
        IReadOnlyList<RecordedAlert> stored;
        try
        {
            AlertCursor[] keys = [.. waiting.Select(PositionOf)];
            stored = await _postgres.ExecuteAsync(
                async ct => await store.ListAsync(filter, after, keys, limit + 1, ct), cancellationToken, idempotent: true);
        }
        catch (DependencyUnavailableException)
        {
            complete = false;
            stored = [.. desk.Book.All.SelectMany(i => i.Alerts.Select(a => new RecordedAlert(i.Id, a))).ExceptBy(waiting.Select(PositionOf), PositionOf)];
        }

        var page = waiting.Concat(stored)
            .Where(a => filter.Admits(a.Episode))
            .Select(a => (Alert: a, Position: PositionOf(a)))
            .Where(a => after is null || a.Position.CompareTo(after) < 0)
            .OrderByDescending(a => a.Position)
            .Take(limit + 1).ToList();
        string? next = page.Count > limit ? page[limit - 1].Position.ToString() : null;
        return new AlertPage([.. page.Take(limit).Select(a => AlertView.From(a.Alert))], next, complete);
    }

    /// <summary>Saves them all but those that PostgreSQL will never take: one of these must not keep the others out for ever.</summary>
    private async Task SaveAsync(ArraySegment<RecordedAlert> alerts, CancellationToken cancellationToken)
    {
        try
        {
            await store.SaveAsync(alerts, cancellationToken);
        }
        catch (PostgresException e) when (IsOfTheData(e) && alerts.Count > 1)
        {
            // Halves, and halves of these: one bad alert of a thousand costs twenty statements, not a thousand.
            await SaveAsync(alerts[..(alerts.Count / 2)], cancellationToken);
            await SaveAsync(alerts[(alerts.Count / 2)..], cancellationToken);
        }
        catch (PostgresException e) when (IsOfTheData(e))
        {
            AlertEpisode refused = alerts[0].Episode;
            Log.Refused(logger, e, refused.Name, refused.Fingerprint, refused.StartsAt);
        }
    }

    /// <summary>
    /// Cardinality, data and integrity violations and exceeded limits (a row too large for an index) are about the rows. A missing table or privilege is
    /// about the database: then everything waits until somebody has put it right.
    /// </summary>
    private static bool IsOfTheData(PostgresException e) => !e.IsTransient && e.SqlState[..2] is ("21" or "22" or "23" or "54");

    private static AlertCursor PositionOf(RecordedAlert alert) => new(alert.Episode.StartsAt, alert.Episode.Fingerprint);

    /// <summary>The last word on each episode.</summary>
    private static IEnumerable<RecordedAlert> Latest(IReadOnlyList<Notice> notices) =>
        notices.SelectMany(n => n.Alerts.Select(a => new RecordedAlert(n.Incident, a))).GroupBy(PositionOf).Select(g => g.Last());

    private static partial class Log
    {
        [LoggerMessage(5011, LogLevel.Error, "PostgreSQL refuses alert {Name} ({Fingerprint}, begun {StartsAt}); the history goes on without it", EventName = "AlertRefused")]
        public static partial void Refused(ILogger logger, Exception exception, string name, string fingerprint, DateTimeOffset startsAt);
    }
}
