using Npgsql;

namespace Back2Code.Data;

/// <summary>Turns the configured connection string into one that keeps the failure contract.</summary>
/// <remarks>
/// Measured with Npgsql 10.0.0 against a frozen server: a command is given up after its command time-out plus the connect time-out,
/// whatever its cancellation token says. The token is not heeded while the replies to BEGIN or to the pool's DISCARD ALL are awaited, and
/// after the time-out a cancel request is sent over a new connection, for which the caller's thread waits. Hence the short defaults of
/// both time-outs, and no negotiation of encryption where nothing can be gained: each would cost the cancel request a second more.
/// </remarks>
internal static class PostgresConnectionString
{
    public static NpgsqlConnectionStringBuilder Build(PostgresOptions options, string applicationName, int maxPoolSize, TimeSpan commandTimeout)
    {
        var builder = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            ApplicationName = applicationName,
            SearchPath = options.Schema,
            MinPoolSize = 0,
            MaxPoolSize = maxPoolSize,
            ConnectionIdleLifetime = 60,
            Timeout = Seconds(options.ConnectTimeout),
            CommandTimeout = Seconds(commandTimeout),

            // Send the cancel request, but do not wait for what becomes of it: drop the connection.
            CancellationTimeout = -1,

            // What a lost cancel request would leave running, the server ends itself.
            Options = $"-c statement_timeout={(int)commandTimeout.TotalMilliseconds * 2} -c idle_in_transaction_session_timeout=60000",

            // A transaction belongs to the code that opened it, never to an ambient scope.
            Enlist = false,
        };
        if (!IsGiven(builder, "GSS Encryption Mode"))
        {
            builder.GssEncryptionMode = GssEncryptionMode.Disable;
        }

        if (!IsGiven(builder, "SSL Mode") && builder.Host is "127.0.0.1" or "::1" or "localhost")
        {
            builder.SslMode = SslMode.Disable;
        }

        return builder;
    }

    /// <summary>Not ContainsKey: Npgsql's answers whether it knows the keyword at all.</summary>
    private static bool IsGiven(NpgsqlConnectionStringBuilder builder, string keyword) =>
        builder.Keys.Cast<string>().Contains(keyword, StringComparer.OrdinalIgnoreCase);

    private static int Seconds(TimeSpan time) => Math.Max(1, (int)Math.Ceiling(time.TotalSeconds));
}
