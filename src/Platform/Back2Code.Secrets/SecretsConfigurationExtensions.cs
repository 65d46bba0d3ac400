using Microsoft.Extensions.Configuration;

namespace Back2Code.Secrets;

/// <summary>What a user of the configuration may ask of the sources of secrets in it.</summary>
public static class SecretsConfigurationExtensions
{
    /// <summary>
    /// Looks at mounted secrets at once, for whoever is about to use one and would rather not use one that ended up to an interval ago. Sources behind a
    /// network are not asked. What cannot be read keeps its last value, and the next regular look tells why.
    /// </summary>
    public static void LookAtSecretFiles(this IConfiguration configuration)
    {
        if (configuration is IConfigurationRoot root)
        {
            foreach (var folder in root.Providers.OfType<SecretFolder>())
            {
                folder.Look();
            }
        }
    }
}
