using Back2Code.Data;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Notifying;
using Back2Code.Resilience;

namespace Back2Code.Monitoring.Alerts;

/// <summary>The history as a channel, which keeps every alert until PostgreSQL has it, and as what readers ask.</summary>
internal sealed class AlertHistory(AlertStore store, PostgresMigrator migrator, DependencyPipelines pipelines) : IChannel
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
            await store.SaveAsync(batch, cancellationToken);
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

    private static AlertCursor PositionOf(RecordedAlert alert) => new(alert.Episode.StartsAt, alert.Episode.Fingerprint);

    /// <summary>The last word on each episode.</summary>
    private static IEnumerable<RecordedAlert> Latest(IReadOnlyList<Notice> notices) =>
        notices.SelectMany(n => n.Alerts.Select(a => new RecordedAlert(n.Incident, a))).GroupBy(PositionOf).Select(g => g.Last());
}
