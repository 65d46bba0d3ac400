using System.Text.Json;
using System.Text.RegularExpressions;
using Back2Code.Resilience;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Back2Code.ServiceDefaults;

/// <summary>
/// Requests that could not be read: says which member or parameter, and where. The framework's own texts name C# types,
/// so only the names are taken out of them.
/// </summary>
internal sealed partial class BadRequestHandler(IProblemDetailsService problems, IOptions<ServiceOptions> options) : IExceptionHandler
{
    private static readonly string[] Missing = ["missing"];

    public ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not BadHttpRequestException bad)
        {
            return ValueTask.FromResult(false);
        }

        httpContext.Response.StatusCode = bad.StatusCode;
        return problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = Describe(bad) });
    }

    private ProblemDetails Describe(BadHttpRequestException bad)
    {
        if (bad.InnerException is JsonException json)
        {
            return DescribeJson(bad.StatusCode, json);
        }

        if (bad.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return Problem(bad.StatusCode, ErrorTypes.BodyTooLarge, $"The request body may have at most {options.Value.MaxRequestBodyBytes} bytes.");
        }

        if (bad.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            return Problem(bad.StatusCode, ErrorTypes.RequestTimeout, "The request body came too slowly. Send it again.");
        }

        if (bad.StatusCode == StatusCodes.Status415UnsupportedMediaType)
        {
            return Problem(bad.StatusCode, ErrorTypes.UnsupportedMediaType, "The request body must be JSON: send 'Content-Type: application/json'.");
        }

        if (ParameterName().Match(bad.Message) is { Success: true } match)
        {
            var name = match.Groups["name"].Value;
            return bad.Message.Contains("body", StringComparison.OrdinalIgnoreCase)
                ? Problem(bad.StatusCode, ErrorTypes.BadRequest, "The request needs a JSON body.")
                : bad.Message.StartsWith("Required", StringComparison.Ordinal)
                    ? Problem(bad.StatusCode, ErrorTypes.BadRequest, $"The parameter '{name}' is missing.", name, "missing")
                    : Problem(bad.StatusCode, ErrorTypes.BadRequest, $"The value of the parameter '{name}' cannot be read.", name, "cannot be read");
        }

        return Problem(bad.StatusCode, ErrorTypes.BadRequest, "The request could not be read.");
    }

    private static ProblemDetails DescribeJson(int status, JsonException json)
    {
        // System.Text.Json counts lines from zero.
        var place = json.LineNumber is { } line ? $"line {line + 1}, byte {json.BytePositionInLine + 1}" : "";
        var path = json.Path is { Length: > 0 } known ? known : "$";
        if (json.Message.Contains("missing required properties", StringComparison.Ordinal))
        {
            var missing = QuotedAfterIncluding().Match(json.Message).Groups["name"].Captures.Select(static capture => capture.Value).ToList();
            var problem = Problem(status, ErrorTypes.BadRequest, $"The request body lacks {string.Join(", ", missing)} at {path}.");
            problem.Extensions["errors"] = missing.ToDictionary(name => $"{path}.{name}", static _ => Missing);
            return problem;
        }

        return Problem(
            status,
            ErrorTypes.BadRequest,
            $"The request body is not the JSON that is expected here: at {path}{(place.Length > 0 ? $" ({place})" : "")}.",
            path,
            place.Length > 0 ? $"cannot be read: {place}" : "cannot be read");
    }

    private static ProblemDetails Problem(int status, string id, string detail, string? member = null, string? error = null)
    {
        var problem = new ProblemDetails { Status = status, Type = ErrorTypes.BaseUri + id, Detail = detail };
        if (member is not null)
        {
            // The shape of validation errors, so that a client reads both alike.
            problem.Extensions["errors"] = new Dictionary<string, string[]> { [member] = [error!] };
        }

        return problem;
    }

    /// <summary>Failed to bind parameter "Guid id" from "abc". · Required parameter "string title" was not provided from query string.</summary>
    [GeneratedRegex("""parameter "(?:[^"]* )?(?<name>\w+)["]""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex ParameterName();

    /// <summary>… was missing required properties including: 'title', 'body'.</summary>
    [GeneratedRegex("including: (?:'(?<name>[^']*)'(?:, )?)+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex QuotedAfterIncluding();
}
