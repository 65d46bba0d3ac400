using Back2Code.Resilience;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>Where the disturbances of requests act: in front of everything of the service, behind what turns errors into answers.</summary>
public static class ChaosMiddleware
{
    /// <summary>First late, then wrong.</summary>
    private static readonly string[] Kinds = ["latency", "exceptions", "errors"];

    /// <summary>Adds the middleware; does nothing unless <see cref="ChaosOptions.Enabled"/>.</summary>
    public static WebApplication UseChaos(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        if (app.Services.GetService<ChaosSwitch>() is not { } chaos)
        {
            return app;
        }

        var release = ReleaseOf(app.Services.GetRequiredService<IOptions<ChaosOptions>>(), chaos);
        app.Use(async (context, next) =>
        {
            var path = context.Request.Path.Value ?? "";
            if (await LieAsync(context, chaos, path).ConfigureAwait(false))
            {
                return;
            }

            if (path.StartsWith("/v1/", StringComparison.Ordinal))
            {
                chaos.Of<LockConvoy>("lock-convoy")?.Pass();
                if (await StrikesAsync(chaos, release, path, context.RequestAborted).ConfigureAwait(false))
                {
                    // 500 and not 503: it is nobody's well-considered refusal, and no gateway repeats it.
                    context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                    return;
                }
            }

            await next(context).ConfigureAwait(false);
        });
        return app;
    }

    private static async ValueTask<bool> StrikesAsync(ChaosSwitch chaos, IReadOnlyList<RequestDisturbance> release, string path, CancellationToken cancellationToken)
    {
        foreach (var defect in release)
        {
            if (await defect.StrikesAsync(path, cancellationToken).ConfigureAwait(false))
            {
                return true;
            }
        }

        foreach (var kind in Kinds)
        {
            if (chaos.Of<RequestDisturbance>(kind) is { } standing && await standing.StrikesAsync(path, cancellationToken).ConfigureAwait(false))
            {
                return true;
            }
        }

        return false;
    }

    private static async ValueTask<bool> LieAsync(HttpContext context, ChaosSwitch chaos, string path)
    {
        switch (chaos.Of<ProbeLie>("metrics-gap")?.AnswerTo(path) ?? chaos.Of<ProbeLie>("readiness-lie")?.AnswerTo(path))
        {
            case ProbeAnswer.Nothing:
                context.Abort();
                return true;
            case ProbeAnswer.Empty:
                context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
                return true;
            case ProbeAnswer.Well:
                await context.Response.WriteAsJsonAsync(new { status = "healthy", checks = Array.Empty<object>() }, context.RequestAborted).ConfigureAwait(false);
                return true;
            case ProbeAnswer.Unwell:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                await context.Response.WriteAsJsonAsync(new { status = "unhealthy", checks = Array.Empty<object>() }, context.RequestAborted).ConfigureAwait(false);
                return true;
            default:
                return false;
        }
    }

    /// <summary>What was shipped with this very process, by its settings: it ends with the process.</summary>
    private static List<RequestDisturbance> ReleaseOf(IOptions<ChaosOptions> options, ChaosSwitch chaos)
    {
        List<RequestDisturbance> defects = [];
        var endsNever = DateTimeOffset.MaxValue;
        ChaosOptions release;
        try
        {
            release = options.Value;
        }
        catch (OptionsValidationException)
        {
            // The start-up validation reports everything that is wrong at once.
            return defects;
        }

        if (release.ReleaseLatency > TimeSpan.Zero)
        {
            defects.Add(RequestDisturbance.Latency("release", endsNever, "/v1/", 1, release.ReleaseLatency, chaos.Clock));
        }

        if (release.ReleaseErrors > 0)
        {
            defects.Add(RequestDisturbance.Errors("release", endsNever, "/v1/", release.ReleaseErrors));
        }

        return defects;
    }
}
