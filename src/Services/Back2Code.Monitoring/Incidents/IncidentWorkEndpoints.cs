using Back2Code.Audit;
using Back2Code.Authentication;
using Back2Code.Monitoring.Alerts;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Back2Code.Monitoring.Incidents;

/// <summary>What people do to incidents, over HTTP. Who does it is who has signed in.</summary>
internal static class IncidentWorkEndpoints
{
    // The longest note is 8,000 characters, at most four bytes each.
    private const int BodyLimitBytes = 64 << 10;

    public static RouteGroupBuilder MapIncidentWork(this RouteGroupBuilder incidents)
    {
        incidents.MapGet("/{id:guid}/actions", ListActions).WithName("ListIncidentActions").WithSummary("List action items").RequirePermission(Permissions.IncidentsRead);
        RouteGroupBuilder work = incidents.MapGroup("").RequirePermission(Permissions.IncidentsWrite).WithMetadata(new RequestSizeLimitAttribute(BodyLimitBytes))
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict);

        work.MapPost("/", Open).WithName("OpenIncident").WithSummary("Open an incident by hand");
        work.MapPatch("/{id:guid}", Edit).WithName("EditIncident").WithSummary("Change title, severity, commander, beginning or services");
        work.MapPost("/{id:guid}/acknowledge", (Guid id, StepRequest? step, CurrentUser user, AuditActor actor, IncidentClerk clerk, CancellationToken ct) =>
            clerk.StepAsync(id, IncidentChangeKind.Acknowledge, step, user, actor, ct)).WithName("AcknowledgeIncident").WithSummary("Somebody works on it");
        work.MapPost("/{id:guid}/mitigate", (Guid id, StepRequest? step, CurrentUser user, AuditActor actor, IncidentClerk clerk, CancellationToken ct) =>
            clerk.StepAsync(id, IncidentChangeKind.Mitigate, step, user, actor, ct)).WithName("MitigateIncident").WithSummary("Users are no longer hurt");
        work.MapPost("/{id:guid}/resolve", (Guid id, StepRequest? step, CurrentUser user, AuditActor actor, IncidentClerk clerk, CancellationToken ct) =>
            clerk.StepAsync(id, IncidentChangeKind.Resolve, step, user, actor, ct)).WithName("ResolveIncident").WithSummary("It is over");
        work.MapPost("/{id:guid}/review", (Guid id, StepRequest? step, CurrentUser user, AuditActor actor, IncidentClerk clerk, CancellationToken ct) =>
            clerk.StepAsync(id, IncidentChangeKind.Review, step, user, actor, ct)).WithName("ReviewIncident").WithSummary("The postmortem has been agreed on");
        work.MapPost("/{id:guid}/notes", Note).WithName("NoteIncident").WithSummary("Add to the time line");
        work.MapPost("/{id:guid}/actions", AddAction).WithName("AddIncidentAction").WithSummary("Add an action item");
        work.MapPatch("/{id:guid}/actions/{number:int:min(1)}", EditAction).WithName("EditIncidentAction").WithSummary("Change an action item, or mark it done");
        work.MapPost("/events", TellEvent).WithName("TellPlatformEvent").WithSummary("Tell of a deploy, a change, or a fault that was injected; incidents that it may explain get it");
        return incidents;
    }

    private static async Task<Results<Created<IncidentView>, ProblemHttpResult>> Open(
        OpenIncidentRequest request, CurrentUser user, AuditActor actor, IncidentDesk desk, CancellationToken cancellationToken)
    {
        DateTimeOffset now = desk.Now;
        string? wrong = IncidentRequests.Name("title", request.Title, required: true) ?? IncidentRequests.SeverityName(request.Severity)
            ?? IncidentRequests.Time("at", request.At, now) ?? IncidentRequests.Time("startedAt", request.StartedAt, now)
            ?? IncidentRequests.Services(request.Services) ?? IncidentRequests.Text("text", request.Text);
        if (wrong is not null)
        {
            return MonitoringProblems.BadParameter(wrong);
        }

        _ = IncidentChanges.TryParse(request.Severity ?? "warning", out Severity severity);
        ChangeOutcome outcome = await desk.OpenAsync(
            new IncidentChange(Guid.Empty, IncidentChangeKind.Open, IncidentRequests.TimeOr(request.At, now), user.Id)
            {
                Title = request.Title!.Trim(),
                Severity = severity,
                StartedAt = request.StartedAt is { } startedAt ? Times.ToMicroseconds(startedAt) : null,
                Services = IncidentRequests.ListOf(request.Services),
                Text = request.Text,
            },
            actor,
            cancellationToken);
        return outcome is ChangeOutcome.Changed changed
            ? TypedResults.Created($"/v1/incidents/{changed.Incident.Id}", IncidentView.From(changed.Incident))
            : IncidentClerk.ProblemOf(outcome, Guid.Empty);
    }

    private static async Task<Results<Ok<IncidentView>, ProblemHttpResult>> Edit(
        Guid id, EditIncidentRequest request, CurrentUser user, AuditActor actor, IncidentDesk desk, IncidentClerk clerk, CancellationToken cancellationToken)
    {
        DateTimeOffset now = desk.Now;
        string? wrong = IncidentRequests.Name("title", request.Title) ?? IncidentRequests.SeverityName(request.Severity)
            ?? IncidentRequests.Name("commander", request.Commander) ?? IncidentRequests.Time("startedAt", request.StartedAt, now)
            ?? IncidentRequests.Services(request.Services);
        if (wrong is not null)
        {
            return MonitoringProblems.BadParameter(wrong);
        }

        Severity? severity = request.Severity is { } text && IncidentChanges.TryParse(text, out Severity parsed) ? parsed : null;
        return await clerk.ChangeAsync(
            id,
            _ => new IncidentChange(id, IncidentChangeKind.Edit, now, user.Id)
            {
                Title = TextOrNull(request.Title),
                Severity = severity,
                Commander = TextOrNull(request.Commander),
                StartedAt = request.StartedAt is { } startedAt ? Times.ToMicroseconds(startedAt) : null,
                Services = IncidentRequests.ListOf(request.Services),
            },
            actor,
            cancellationToken);
    }

    private static async Task<Results<Ok<IncidentView>, ProblemHttpResult>> Note(
        Guid id, StepRequest request, CurrentUser user, AuditActor actor, IncidentDesk desk, IncidentClerk clerk, CancellationToken cancellationToken)
    {
        DateTimeOffset now = desk.Now;
        if ((IncidentRequests.Text("text", request.Text, required: true) ?? IncidentRequests.Time("at", request.At, now)) is { } wrong)
        {
            return MonitoringProblems.BadParameter(wrong);
        }

        return await clerk.ChangeAsync(
            id, _ => new IncidentChange(id, IncidentChangeKind.Note, IncidentRequests.TimeOr(request.At, now), user.Id) { Text = request.Text!.Trim() }, actor, cancellationToken);
    }

    private static async Task<Results<Ok<IReadOnlyList<IncidentActionView>>, ProblemHttpResult>> ListActions(
        Guid id, IncidentDesk desk, IncidentReader reader, CancellationToken cancellationToken) =>
        (desk.Book.Find(id) ?? await reader.FindAsync(id, cancellationToken)) is { } incident
            ? TypedResults.Ok<IReadOnlyList<IncidentActionView>>([.. incident.Actions.Select(IncidentActionView.From)])
            : MonitoringProblems.IncidentNotFound(id);

    private static async Task<Results<Ok<IncidentView>, ProblemHttpResult>> AddAction(
        Guid id, ActionRequest request, CurrentUser user, AuditActor actor, IncidentDesk desk, IncidentClerk clerk, CancellationToken cancellationToken)
    {
        string? wrong = IncidentRequests.Name("title", request.Title, required: true) ?? IncidentRequests.ActionType(request.Type, required: true)
            ?? IncidentRequests.Name("owner", request.Owner, required: true) ?? IncidentRequests.Name("reference", request.Reference);
        return wrong is not null
            ? MonitoringProblems.BadParameter(wrong)
            : await clerk.ChangeAsync(
                id,
                incident => new IncidentChange(id, IncidentChangeKind.Action, desk.Now, user.Id)
                {
                    Action = new ActionItem(incident.Actions.Length + 1, request.Title!.Trim(), request.Type!, request.Owner!.Trim(), TextOrNull(request.Reference), IsDone: false),
                },
                actor,
                cancellationToken);
    }

    private static async Task<Results<Ok<IncidentView>, ProblemHttpResult>> EditAction(
        Guid id, int number, EditActionRequest request, CurrentUser user, AuditActor actor, IncidentDesk desk, IncidentClerk clerk, CancellationToken cancellationToken)
    {
        string? wrong = IncidentRequests.Name("title", request.Title) ?? IncidentRequests.ActionType(request.Type, required: false)
            ?? IncidentRequests.Name("owner", request.Owner) ?? IncidentRequests.Name("reference", request.Reference);
        if (wrong is not null)
        {
            return MonitoringProblems.BadParameter(wrong);
        }

        (Incident? known, ProblemHttpResult? problem) = await clerk.FindAsync(id, cancellationToken);
        if (problem is not null || number > known!.Actions.Length)
        {
            return problem ?? MonitoringProblems.ActionNotFound(id, number);
        }

        // Actions are never removed, so the number is still good under the lock.
        return await clerk.ChangeAsync(
            id,
            incident =>
            {
                ActionItem action = incident.Actions[number - 1];
                return new IncidentChange(id, IncidentChangeKind.Action, desk.Now, user.Id)
                {
                    Action = action with
                    {
                        Title = TextOrNull(request.Title) ?? action.Title,
                        Type = request.Type ?? action.Type,
                        Owner = TextOrNull(request.Owner) ?? action.Owner,
                        Reference = TextOrNull(request.Reference) ?? action.Reference,
                        IsDone = request.Done ?? action.IsDone,
                    },
                };
            },
            actor,
            cancellationToken);
    }

    private static async Task<Results<Accepted, ProblemHttpResult>> TellEvent(EventRequest request, CurrentUser user, AuditActor actor, IncidentDesk desk, CancellationToken cancellationToken)
    {
        DateTimeOffset now = desk.Now;
        string? wrong = IncidentRequests.EventKind(request.Kind) ?? IncidentRequests.Text("text", request.Text, required: true)
            ?? IncidentRequests.Time("at", request.At, now) ?? IncidentRequests.Name("service", request.Service) ?? IncidentRequests.Name("group", request.Group);
        if (wrong is not null)
        {
            return MonitoringProblems.BadParameter(wrong);
        }

        var happened = new PlatformEvent(
            IncidentRequests.TimeOr(request.At, now), now, request.Kind!, request.Text!.Trim(), TextOrNull(request.Service), TextOrNull(request.Group), user.Id);
        try
        {
            return await desk.TellAsync(happened, actor, cancellationToken) ? TypedResults.Accepted((string?)null) : MonitoringProblems.CannotRecord();
        }
        catch (IOException)
        {
            return MonitoringProblems.CannotRecord();
        }
    }

    private static string? TextOrNull(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
