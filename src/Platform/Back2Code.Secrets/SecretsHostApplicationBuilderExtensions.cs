using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Back2Code.Secrets;

/// <summary>Adds the places of secrets to a host's configuration.</summary>
public static class SecretsHostApplicationBuilderExtensions
{
    /// <summary>
    /// Adds, each winning over those before it: Google Secret Manager (if <c>Secrets:GoogleProject</c> is set), the mounted folder
    /// <c>Secrets:Directory</c>, and systemd's <c>$CREDENTIALS_DIRECTORY</c>. All of them win over the environment, because they can be
    /// changed while the process runs and it cannot. Read again without a restart; a place that fails later keeps its last values.
    /// </summary>
    /// <param name="builder">The host. Call it before whatever takes a secret from its configuration.</param>
    /// <param name="time">The clock of the first reading; null for the system's. The reloads use the host's.</param>
    /// <exception cref="SecretException">A secret could not be had at the start, or the section <c>Secrets</c> is invalid.</exception>
    public static IHostApplicationBuilder AddSecrets(this IHostApplicationBuilder builder, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.Services.Any(static service => service.ServiceType == typeof(SecretReloader)))
        {
            return builder;
        }

        var options = builder.Configuration.GetSection("Secrets").Get<SecretsOptions>() ?? new SecretsOptions();
        var problems = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new ValidationContext(options), problems, validateAllProperties: true))
        {
            throw new SecretException($"Section Secrets: {string.Join(" ", problems.Select(problem => problem.ErrorMessage))}");
        }

        List<SecretSource> sources = [];
        if (!string.IsNullOrEmpty(options.GoogleProject))
        {
            sources.Add(new GoogleSecretManager(options, time ?? TimeProvider.System));
        }

        if (!string.IsNullOrEmpty(options.Directory))
        {
            sources.Add(new SecretFolder(Path.GetFullPath(options.Directory), "folder", options.FileInterval));
        }

        if (Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { Length: > 0 } credentials)
        {
            sources.Add(new SecretFolder(credentials, "systemd credentials", options.FileInterval));
        }

        foreach (var source in sources)
        {
            builder.Configuration.Add(source);
        }

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(provider => new SecretReloader(sources, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SecretReloader>>()));
        if (sources.Count > 0)
        {
            builder.Services.AddHostedService(static provider => provider.GetRequiredService<SecretReloader>());
        }

        return builder;
    }
}
