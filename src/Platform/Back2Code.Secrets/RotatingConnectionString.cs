using Microsoft.Extensions.Configuration;

namespace Back2Code.Secrets;

/// <summary>
/// A connection string as it stands in the configuration at the moment when a connection is made, so that a password in it which is rotated in a mounted file needs
/// no restart. One that the service's own code gave stays as it is.
/// </summary>
/// <param name="name">Its name under <c>ConnectionStrings</c>.</param>
/// <param name="given">What the service started with.</param>
/// <param name="configuration">Where it may change.</param>
public sealed class RotatingConnectionString(string name, string given, IConfiguration configuration)
{
    private readonly bool _isConfigured = given == configuration.GetConnectionString(name);

    /// <summary>Looks at mounted files first: connections are made seldom enough, and one with a password that has ended is refused.</summary>
    public string ForNewConnection()
    {
        if (!_isConfigured)
        {
            return given;
        }

        configuration.LookAtSecretFiles();
        return configuration.GetConnectionString(name) ?? given;
    }
}
