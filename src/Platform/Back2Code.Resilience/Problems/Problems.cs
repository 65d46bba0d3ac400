using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Back2Code.Resilience;

/// <summary>Builds RFC 9457 answers. A service keeps its own ids in one file and makes each of them with <see cref="Create"/>.</summary>
public static class Problems
{
    /// <summary>One problem answer with a stable type and the trace id of the request.</summary>
    /// <param name="id">Kebab-case id, appended to <see cref="ErrorTypes.BaseUri"/>; never renamed once published.</param>
    /// <param name="status">HTTP status, 400 to 599.</param>
    /// <param name="detail">What happened, with which values, and what to do next. Nothing internal.</param>
    public static ProblemHttpResult Create(string id, int status, string detail)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 400);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);

        // The log lines of this request carry the same id, so a client's report finds them.
        Dictionary<string, object?>? extensions = Activity.Current is { } activity
            ? new() { ["traceId"] = activity.TraceId.ToString() }
            : null;
        return TypedResults.Problem(detail, statusCode: status, type: ErrorTypes.BaseUri + id, extensions: extensions);
    }
}
