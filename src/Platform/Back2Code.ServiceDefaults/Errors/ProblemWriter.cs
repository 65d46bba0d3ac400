using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using Back2Code.Resilience;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace Back2Code.ServiceDefaults;

/// <summary>
/// Writes every error as <c>application/problem+json</c>, also to clients whose Accept header does not ask for it: the
/// framework's writer then writes nothing, and a client that branches on <c>type</c> would find an empty body.
/// </summary>
internal sealed class ProblemWriter(IOptions<ProblemDetailsOptions> options) : IProblemDetailsWriter
{
    /// <summary>JSON, never HTML: quotes and angle brackets stay readable.</summary>
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const string ContentType = "application/problem+json";

    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var http = context.HttpContext;
        var problem = context.ProblemDetails;
        problem.Status ??= http.Response.StatusCode;
        if (problem.Type is null || !problem.Type.StartsWith("urn:", StringComparison.Ordinal))
        {
            // The framework fills in links to RFC 9110, which tell no more than the status does.
            problem.Type = ErrorTypes.BaseUri + IdOf(problem.Status.Value, problem is HttpValidationProblemDetails);
        }

        problem.Title ??= ReasonPhrases.GetReasonPhrase(problem.Status.Value);
        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;
        options.Value.CustomizeProblemDetails?.Invoke(context);

        http.Response.StatusCode = problem.Status.Value;
        await http.Response.WriteAsJsonAsync(problem, problem.GetType(), Json, ContentType, http.RequestAborted).ConfigureAwait(false);
    }

    private static string IdOf(int status, bool validation) => status switch
    {
        StatusCodes.Status400BadRequest => validation ? ErrorTypes.ValidationFailed : ErrorTypes.BadRequest,
        StatusCodes.Status401Unauthorized => ErrorTypes.Unauthenticated,
        StatusCodes.Status403Forbidden => ErrorTypes.Forbidden,
        StatusCodes.Status404NotFound => ErrorTypes.NotFound,
        StatusCodes.Status405MethodNotAllowed => ErrorTypes.MethodNotAllowed,
        StatusCodes.Status408RequestTimeout => ErrorTypes.RequestTimeout,
        StatusCodes.Status413PayloadTooLarge => ErrorTypes.BodyTooLarge,
        StatusCodes.Status415UnsupportedMediaType => ErrorTypes.UnsupportedMediaType,
        StatusCodes.Status429TooManyRequests => ErrorTypes.TooManyRequests,
        StatusCodes.Status431RequestHeaderFieldsTooLarge => ErrorTypes.HeadersTooLarge,
        StatusCodes.Status503ServiceUnavailable => ErrorTypes.DependencyUnavailable,
        >= 500 => ErrorTypes.InternalError,
        _ => ErrorTypes.BadRequest,
    };
}
