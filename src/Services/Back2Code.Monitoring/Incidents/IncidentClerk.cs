using Back2Code.Audit;
using Back2Code.Authentication;
using Back2Code.Resilience;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Monitoring.Incidents;

/// <summary>Takes people's changes to the desk, from memory or, for an old incident, from PostgreSQL first.</summary>
internal sealed class IncidentClerk(IncidentDesk desk, IncidentReader reader)
{
    public async Task<Results<Ok<IncidentView>, ProblemHttpResult>> StepAsync(
        Guid id, IncidentChangeKind kind, StepRequest? step, CurrentUser user, AuditActor actor, CancellationToken cancellationToken)
    {
        DateTimeOffset now = desk.Now;
        return (IncidentRequests.Text("text", step?.Text) ?? IncidentRequests.Time("at", step?.At, now)) is { } wrong
            ? MonitoringProblems.BadParameter(wrong)
            : await ChangeAsync(id, _ => new IncidentChange(id, kind, IncidentRequests.TimeOr(step?.At, now), user.Id) { Text = step?.Text?.Trim() }, actor, cancellationToken);
    }

    public async Task<Results<Ok<IncidentView>, ProblemHttpResult>> ChangeAsync(Guid id, Func<Incident, IncidentChange> make, AuditActor actor, CancellationToken cancellationToken)
    {
        // An old incident that was taken into memory may have left it again before its change: then once more.
        ChangeOutcome outcome = new ChangeOutcome.Unknown();
        for (int attempt = 0; attempt < 2 && outcome is ChangeOutcome.Unknown; attempt++)
        {
            if ((await FindAsync(id, cancellationToken)).Problem is { } problem)
            {
                return problem;
            }

            outcome = await desk.ChangeAsync(id, make, actor, cancellationToken);
        }

        return outcome is ChangeOutcome.Changed changed ? TypedResults.Ok(IncidentView.From(changed.Incident)) : ProblemOf(outcome, id);
    }

    /// <summary>In memory afterwards, so that it can be changed; or the problem why not.</summary>
    /// <exception cref="DependencyUnavailableException">It is not in memory, and PostgreSQL is away.</exception>
    public async Task<(Incident? Known, ProblemHttpResult? Problem)> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        if (desk.Book.Find(id) is { } known)
        {
            return (known, null);
        }

        if (await reader.FindAsync(id, cancellationToken) is not { } stored)
        {
            return (null, MonitoringProblems.IncidentNotFound(id));
        }

        return await desk.AdoptAsync([stored], cancellationToken) ? (stored, null) : (null, MonitoringProblems.CannotRecord());
    }

    public static ProblemHttpResult ProblemOf(ChangeOutcome outcome, Guid id) => outcome switch
    {
        ChangeOutcome.Refused refused => MonitoringProblems.IncidentConflict(id, refused.Reason),
        ChangeOutcome.AlreadyOpen open => MonitoringProblems.IncidentAlreadyOpen(open.Incident),
        ChangeOutcome.Unknown => MonitoringProblems.IncidentNotFound(id),
        _ => MonitoringProblems.CannotRecord(),
    };
}
