using System.Diagnostics.Metrics;
using Back2Code.Authentication;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the validation of access tokens and the permissions in them.</summary>
public static class AuthenticationServiceCollectionExtensions
{
    /// <summary>
    /// Adds the scheme <see cref="BearerDefaults.Scheme"/>, makes it the default, and adds authorization by permission
    /// (<c>.RequirePermission("notes:write")</c>). The host binds <see cref="BearerTokenOptions"/>;
    /// the options are checked at start. Calling it again only adds configuration.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Departures from what the host binds, or null.</param>
    public static IServiceCollection AddBack2CodeAuthentication(this IServiceCollection services, Action<BearerTokenOptions>? configure = null)
    {
        var options = services.AddOptions<BearerTokenOptions>()
            .ValidateDataAnnotations()
            .Validate(
                static o => !string.IsNullOrEmpty(o.JwksPath) || o.JwksUri is not null,
                "Authentication: JwksPath, JwksUri or both must be set.")
            .Validate(
                static o => o.JwksUri is null || (o.JwksUri.IsAbsoluteUri && o.JwksUri.Scheme is "http" or "https"),
                "Authentication: JwksUri must be an absolute http or https address.")
            .Validate(
                static o => string.IsNullOrEmpty(o.JwksCachePath) || o.JwksUri is not null,
                "Authentication: JwksCachePath keeps what JwksUri answered; without JwksUri it must not be set.")
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        if (services.Any(static service => service.ServiceType == typeof(TokenAuthority)))
        {
            return services;
        }

        // The framework's base class logs every challenge as information; in front, so that configuration wins.
        services.Configure<LoggerFilterOptions>(static filters => filters.Rules.Insert(0, new LoggerFilterRule(null, typeof(BearerHandler).FullName, LogLevel.Warning, null)));
        services.AddMetrics();
        services.AddProblemDetails();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IVerificationKeys>(CreateKeys);
        services.AddSingleton(static provider => new TokenAuthority(
            provider.GetRequiredService<IOptions<BearerTokenOptions>>().Value,
            provider.GetRequiredService<IVerificationKeys>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMeterFactory>()));
        services.AddAuthentication(BearerDefaults.Scheme).AddScheme<AuthenticationSchemeOptions, BearerHandler>(BearerDefaults.Scheme, null);
        services.AddAuthorization();
        services.AddSingleton<IAuthorizationHandler, PermissionRequirementHandler>();
        return services;
    }

    private static IVerificationKeys CreateKeys(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<BearerTokenOptions>>().Value;
        var time = provider.GetRequiredService<TimeProvider>();
        var loggers = provider.GetRequiredService<ILoggerFactory>();
        var file = string.IsNullOrEmpty(options.JwksPath) ? null : new FileKeys(options.JwksPath, time, loggers.CreateLogger<FileKeys>());
        if (options.JwksUri is null)
        {
            return file!;
        }

        // One connection to one address for the life of the process; renewed so that a moved address is noticed.
        var http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(2), AllowAutoRedirect = false })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = KeySet.MaxBytes,
        };
        var remote = new RemoteKeys(http, options, time, loggers.CreateLogger<RemoteKeys>());
        return file is null ? remote : new CombinedKeys(file, remote);
    }
}
