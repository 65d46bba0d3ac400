using System.Diagnostics.Metrics;
using Back2Code.Resilience;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Back2Code.ServiceDefaults;

/// <summary>What a service does for its own protection: rate limits, CORS and security headers.</summary>
internal static class EdgeRegistration
{
    private static readonly string[] RequestHeaders = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "traceparent"];
    private static readonly string[] AnswerHeaders = ["ETag", "Link", "Location", "Retry-After", RateLimitHeaders.Level, RateLimitHeaders.Policy];

    public static void AddEdge(this IServiceCollection services, IConfiguration configuration)
    {
        var limits = configuration.GetSection("RateLimits");
        services.AddOptions<RateLimitOptions>().Bind(limits).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<RateLimiterOptions>().Bind(limits).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(static provider => new RateLimiter(
            provider.GetRequiredService<IOptions<RateLimiterOptions>>().Value,
            provider.GetService<ISharedBuckets>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILogger<RateLimiter>>()));

        services.AddOptions<CrossOriginOptions>().Bind(configuration.GetSection("Cors")).ValidateDataAnnotations().ValidateOnStart();
        services.AddCors();
        services.AddOptions<CorsOptions>().Configure<IOptions<CrossOriginOptions>>(static (cors, settings) => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. settings.Value.AllowedOrigins])
            .AllowAnyMethod()
            .WithHeaders(RequestHeaders)
            .WithExposedHeaders(AnswerHeaders)));
    }

    /// <summary>Before authentication: a browser's question whether it may ask carries no token.</summary>
    public static void UseCrossOrigin(this WebApplication app)
    {
        // Without any origin there is nothing to say; a policy that allows nobody would still answer preflights. Not by the options: they are checked later, all at once.
        if (app.Configuration.GetSection("Cors:AllowedOrigins").GetChildren().Any())
        {
            app.UseCors();
        }
    }

    /// <summary>After authentication, which tells the user.</summary>
    public static void UseRateLimits(this WebApplication app) => app.UseMiddleware<RateLimitMiddleware>();
}
