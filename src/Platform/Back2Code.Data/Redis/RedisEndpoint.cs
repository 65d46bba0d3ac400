using System.Globalization;

namespace Back2Code.Data;

/// <summary>Where a Redis is, and as whom to speak to it: the parts of a <c>redis://</c> URI.</summary>
internal sealed record RedisEndpoint(string Host, int Port, string User, string? Password, int Database)
{
    private const int DefaultPort = 6379;

    /// <exception cref="FormatException">Not a <c>redis://</c> URI. The message does not repeat it: it holds a password.</exception>
    public static RedisEndpoint Parse(string connectionString)
    {
        if (!Uri.TryCreate(connectionString, UriKind.Absolute, out var uri) || uri.Scheme != "redis" || uri.Host.Length == 0)
        {
            throw new FormatException("The Redis connection string must be redis://[user][:password]@host[:port][/database].");
        }

        string[] credentials = uri.UserInfo.Split(':', 2);
        string user = Uri.UnescapeDataString(credentials[0]);
        string path = uri.AbsolutePath.Trim('/');
        if (path.Length > 0 && !int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw new FormatException($"The Redis database \"{path}\" is not a number.");
        }

        return new RedisEndpoint(
            uri.DnsSafeHost,
            uri.Port > 0 ? uri.Port : DefaultPort,
            user.Length > 0 ? user : "default",
            credentials.Length == 2 ? Uri.UnescapeDataString(credentials[1]) : null,
            path.Length > 0 ? int.Parse(path, CultureInfo.InvariantCulture) : 0);
    }
}
