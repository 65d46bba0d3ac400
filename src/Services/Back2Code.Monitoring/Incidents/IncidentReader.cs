using Back2Code.Resilience;

namespace Back2Code.Monitoring.Incidents;

/// <summary>Joins what is in memory, which is newest, with what is in PostgreSQL, which is older and more.</summary>
internal sealed class IncidentReader(IncidentStore store, DependencyPipelines pipelines)
{
    private readonly DependencyPipeline _postgres = pipelines.Get("postgres");

    public async Task<IncidentPage> ListAsync(
        IReadOnlyList<Incident> memory, IReadOnlyCollection<IncidentState> states, IncidentCursor? after, int limit, CancellationToken cancellationToken)
    {
        bool complete = true;
        IReadOnlyList<Incident> stored = [];
        try
        {
            // Without those in memory: the stored copy may be older, and even be in another state than the filter's.
            Guid[] inMemory = [.. memory.Select(i => i.Id)];
            stored = await _postgres.ExecuteAsync(
                async ct => await store.ListAsync(states, after, inMemory, limit + 1, ct), cancellationToken, idempotent: true);
        }
        catch (DependencyUnavailableException)
        {
            // Answered from memory: while PostgreSQL is away, the incident that says so is what people come to read.
            complete = false;
        }

        var page = memory.Where(i => states.Contains(i.State)).Concat(stored)
            .Select(i => (Incident: i, Position: IncidentCursor.Of(i)))
            .Where(i => after is null || i.Position.CompareTo(after) < 0)
            .OrderByDescending(i => i.Position)
            .Take(limit + 1).ToList();
        string? next = page.Count > limit ? page[limit - 1].Position.ToString() : null;
        return new IncidentPage([.. page.Take(limit).Select(i => IncidentView.From(i.Incident))], next, complete);
    }

    /// <exception cref="DependencyUnavailableException">PostgreSQL is away; whether the incident exists is not known.</exception>
    public async Task<Incident?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        await _postgres.ExecuteAsync(async ct => await store.FindAsync(id, ct), cancellationToken, idempotent: true);
}
