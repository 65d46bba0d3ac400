using System.Globalization;
using Back2Code.Resilience;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;

namespace Back2Code.ServiceDefaults;

/// <summary>503 with Retry-After when a dependency is away. Which one stands in the log and in the metrics, not in the answer.</summary>
internal sealed partial class DependencyUnavailableHandler(IProblemDetailsService problems, ILogger<DependencyUnavailableHandler> logger) : IExceptionHandler
{
    public ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not DependencyUnavailableException unavailable)
        {
            return ValueTask.FromResult(false);
        }

        // Debug: in an outage this happens hundreds of times a second; the circuit and the prober log it once.
        Log.Unavailable(logger, unavailable.Dependency, unavailable.Reason, exception);

        // RFC 9110 section 10.2.3 knows whole seconds only; 0 would invite a retry storm.
        var seconds = Math.Max(1, (long)Math.Ceiling(unavailable.RetryAfter.TotalSeconds));
        httpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        httpContext.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = new ProblemDetails
            {
                Status = StatusCodes.Status503ServiceUnavailable,
                Type = ErrorTypes.BaseUri + ErrorTypes.DependencyUnavailable,
                Detail = $"Something this service depends on is unavailable. Try again in {seconds} s.",
            },
        });
    }

    private static partial class Log
    {
        [LoggerMessage(2401, LogLevel.Debug, "Answered 503: {Dependency} is unavailable ({Reason})", EventName = "DependencyUnavailable")]
        public static partial void Unavailable(ILogger logger, string dependency, DependencyUnavailableReason reason, Exception exception);
    }
}
