using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using Back2Code.Authentication;
using Back2Code.Resilience;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Identity.Audit;

/// <summary>Reading the audit trail. Nothing here changes it.</summary>
internal static class AuditEndpoints
{
    public const int LargestLimit = 500;

    private const string JsonLines = "application/jsonl";

    // A walk of the whole chain keeps a core busy; a second one beside it would find the same.
    private static readonly SemaphoreSlim OneVerification = new(1, 1);

    /// <summary>Who asks again at once has the end of the last answer before its place is free.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public static RouteGroupBuilder MapAudit(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder audit = routes.MapGroup("/audit")
            .WithTags("Audit")
            .RequirePermission(Permissions.AuditRead)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        audit.MapGet("", List)
            .WithName("ListAuditRecords")
            .WithSummary("List audit records, newest first");
        audit.MapGet("/verification", Verify)
            .WithName("VerifyAuditTrail")
            .WithSummary("Verify the whole chain: lines of progress, then the verdict")
            .Produces<AuditVerdict>(StatusCodes.Status200OK, JsonLines)
            .ProducesProblem(StatusCodes.Status409Conflict);
        audit.MapGet("/export", Export)
            .WithName("ExportAuditTrail")
            .WithSummary("All records after one, oldest first, as JSON Lines")
            .Produces<AuditView>(StatusCodes.Status200OK, JsonLines);
        return audit;
    }

    private static async Task<Results<Ok<AuditPage>, ValidationProblem, ProblemHttpResult>> List(
        HttpResponse response,
        AuditReader reader,
        CancellationToken cancellationToken,
        string? subject = null,
        string? action = null,
        string? target = null,
        [AllowedValues("succeeded", "denied", "failed", null)] string? outcome = null,
        string? source = null,
        DateTimeOffset? since = null,
        DateTimeOffset? until = null,
        [Range(1, LargestLimit)] int limit = 50,
        string? cursor = null)
    {
        long before = long.MaxValue;
        if (cursor is not null && (!long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out before) || before < 1))
        {
            return Problems.Create("cursor-invalid", StatusCodes.Status400BadRequest, "The cursor is not one that this list has given out. Start again without one.");
        }

        if (new[] { subject, action, target, source }.Any(static text => text?.Contains('\0', StringComparison.Ordinal) == true))
        {
            // PostgreSQL has no such text; nothing can match it.
            return TypedResults.Ok(new AuditPage([], null));
        }

        var records = await reader.NewestAsync(new AuditFilter(subject, action, target, outcome, source, since, until), before, limit + 1, cancellationToken);
        string? next = records.Count > limit ? records[limit - 1].Sequence.ToString(CultureInfo.InvariantCulture) : null;
        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new AuditPage([.. records.Take(limit).Select(AuditView.From)], next));
    }

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> Verify(AuditReader reader, CheckpointKeys keys, CancellationToken cancellationToken)
    {
        if (!await OneVerification.WaitAsync(Patience, cancellationToken))
        {
            return Problems.Create("audit-verification-running", StatusCodes.Status409Conflict, "The chain is being verified already. Wait for that to end, then ask again.");
        }

        IAsyncEnumerator<AuditVerdict?> steps;
        AuditVerification verification = new(reader, keys);
        try
        {
            // The first page is read before the answer begins: a database that is away is still a 503.
            steps = verification.RunAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            await steps.MoveNextAsync();
        }
        catch
        {
            OneVerification.Release();
            throw;
        }

        return TypedResults.Stream(
            async body =>
            {
                try
                {
                    do
                    {
                        object line = steps.Current is { } verdict ? verdict : new { verified = verification.Verified };
                        await WriteLineAsync(body, line, cancellationToken);
                        await body.FlushAsync(cancellationToken);
                    }
                    while (await steps.MoveNextAsync());
                }
                finally
                {
                    await steps.DisposeAsync();
                    OneVerification.Release();
                }
            },
            JsonLines);
    }

    private static async Task<PushStreamHttpResult> Export(AuditReader reader, CancellationToken cancellationToken, [Range(0, long.MaxValue)] long after = 0)
    {
        long last = (await reader.HeadAsync(cancellationToken))?.LastRow ?? 0;
        return TypedResults.Stream(
            async body =>
            {
                for (long at = after; at < last;)
                {
                    var rows = await reader.OldestAsync(at, last, cancellationToken);
                    foreach (var row in rows)
                    {
                        await WriteLineAsync(body, AuditView.From(row), cancellationToken);
                    }

                    if (rows.Count == 0)
                    {
                        return;
                    }

                    at = rows[^1].Sequence;
                    await body.FlushAsync(cancellationToken);
                }
            },
            JsonLines,
            "audit.jsonl");
    }

    private static async Task WriteLineAsync(Stream body, object line, CancellationToken cancellationToken)
    {
        await JsonSerializer.SerializeAsync(body, line, line.GetType(), JsonSerializerOptions.Web, cancellationToken);
        await body.WriteAsync("\n"u8.ToArray(), cancellationToken);
    }
}
