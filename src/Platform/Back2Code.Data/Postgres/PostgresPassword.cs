using Back2Code.Secrets;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Back2Code.Data;

/// <summary>
/// The password that a new connection uses: the one that stands in <c>ConnectionStrings:Postgres</c> at that moment, so that a password which is
/// rotated in a mounted secret needs no restart. A connection string that the service's own code gave stays as it is.
/// </summary>
internal sealed class PostgresPassword(PostgresOptions options, IConfiguration configuration)
{
    private readonly bool _isConfigured = options.ConnectionString == configuration.GetConnectionString("Postgres");
    private volatile Reading _last = new(options.ConnectionString, PasswordOf(options.ConnectionString));

    public string? Current
    {
        get
        {
            Reading last = _last;
            string? now = _isConfigured ? configuration.GetConnectionString("Postgres") : last.ConnectionString;
            if (now == last.ConnectionString)
            {
                return last.Password;
            }

            try
            {
                // Two connections may race here; both write what is true.
                _last = new Reading(now, PasswordOf(now) ?? last.Password);
                return _last.Password;
            }
            catch (ArgumentException)
            {
                // Half written, or wrong; the message would quote it. The last password may still be good.
                return last.Password;
            }
        }
    }

    /// <summary>What stands in a mounted file may have changed since the last look, and a session is opened seldom enough to look again.</summary>
    public string? ForNewSession()
    {
        if (_isConfigured)
        {
            configuration.LookAtSecretFiles();
        }

        return Current;
    }

    private static string? PasswordOf(string? connectionString) =>
        string.IsNullOrEmpty(connectionString) ? null : new NpgsqlConnectionStringBuilder(connectionString).Password;

    /// <summary>Not a record: it would print itself.</summary>
    private sealed class Reading(string? connectionString, string? password)
    {
        public string? ConnectionString { get; } = connectionString;

        public string? Password { get; } = password;
    }
}
