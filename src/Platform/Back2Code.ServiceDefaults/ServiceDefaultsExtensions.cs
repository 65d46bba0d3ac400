using System.Reflection;
using Back2Code.Authentication;
using Back2Code.Observability;
using Back2Code.Resilience;
using Back2Code.Secrets;
using Back2Code.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>The one line that makes a process a good citizen of the platform.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>
    /// Adds secrets, JSON logs, metrics, traces, health, authentication, problem details, limits and a graceful stop. Reads the sections
    /// <c>Secrets</c>, <c>Service</c>, <c>Authentication</c>, <c>Observability</c>, <c>Chaos</c> and <c>Resilience:NAME</c>; every invalid setting is reported when the host starts.
    /// Calling it twice changes nothing.
    /// </summary>
    /// <remarks>
    /// A service that validates request records must call <c>builder.Services.AddValidation()</c> itself as well: the validators are
    /// generated into the project in which that call stands.
    /// </remarks>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        if (services.Any(static service => service.ServiceType == typeof(ServiceIdentity)))
        {
            return builder;
        }

        // Before everything that reads a setting.
        builder.AddSecrets();

        var service = builder.Configuration.GetSection("Service");
        var name = service["Name"] is { Length: > 0 } set ? set : builder.Environment.ApplicationName;
        services.AddOptions<ServiceOptions>()
            .Bind(service)
            .PostConfigure(o =>
            {
                o.Name = name;
                o.Instance = o.Instance.Length > 0 ? o.Instance : name;
            })
            .ValidateDataAnnotations()
            .ValidateOnStart();

        // Before everything that takes the clock.
        services.AddChaos(builder.Configuration.GetSection("Chaos"));
        services.AddObservability(new ServiceIdentity(name, service["Instance"] is { Length: > 0 } instance ? instance : name, Version()));
        services.Configure<ObservabilityOptions>(builder.Configuration.GetSection("Observability"));

        services.AddBack2CodeAuthentication();
        services.Configure<BearerTokenOptions>(builder.Configuration.GetSection("Authentication"));

        services.AddMetrics();
        services.AddSingleton<IPostConfigureOptions<DependencyPipelineOptions>>(new PipelineSettings(builder.Configuration));

        AddErrors(services);
        AddLimits(services, service);
        return builder;
    }

    /// <summary>
    /// Adds the middleware (errors as problem details, authentication, authorization) and the endpoints <c>/metrics</c>, <c>/slo</c>
    /// and <c>/health/live|startup|ready</c>. Call it once, before the service's own middleware and endpoints.
    /// </summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var readiness = app.Services.GetRequiredService<Readiness>();
        app.UseRequestSpans();
        app.Use((context, next) =>
        {
            if (readiness.IsDraining && HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                // A gateway that keeps connections open would send its next request into a closing listener.
                context.Response.Headers.Connection = "close";
            }

            return next(context);
        });
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseChaos();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapMetrics();
        app.MapSli();
        app.MapHealth();
        app.MapChaos();
        return app;
    }

    private static void AddErrors(IServiceCollection services)
    {
        // First in the list: the framework asks the writers in order.
        services.Insert(0, ServiceDescriptor.Singleton<IProblemDetailsWriter, ProblemWriter>());
        services.AddProblemDetails();
        services.AddExceptionHandler<DependencyUnavailableHandler>();
        services.AddExceptionHandler<BadRequestHandler>();
        services.AddValidation();

        // An unreadable request must reach BadRequestHandler; by default it ends as an empty 400 outside of development.
        services.Configure<RouteHandlerOptions>(static options => options.ThrowOnBadRequest = true);
        services.Configure<JsonOptions>(static options =>
        {
            // What the record declares is what the client must send: no null where none is declared, nothing missing, nothing twice.
            options.SerializerOptions.RespectNullableAnnotations = true;
            options.SerializerOptions.RespectRequiredConstructorParameters = true;
            options.SerializerOptions.AllowDuplicateProperties = false;
        });
    }

    private static void AddLimits(IServiceCollection services, IConfigurationSection settings)
    {
        // Host and server read their options before the start-up validation. To take ours unvalidated here lets that validation
        // report all that is wrong at once, instead of the first thing that somebody happened to need.
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            var service = settings.Get<ServiceOptions>() ?? new();
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = Math.Max(0, service.MaxRequestBodyBytes);
            kestrel.Limits.MaxConcurrentConnections = Math.Max(1, service.MaxConnections);
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        services.Configure<HostOptions>(host => host.ShutdownTimeout = (settings.Get<ServiceOptions>() ?? new()).ShutdownTimeout);
    }

    private static string Version() =>
        Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
}
