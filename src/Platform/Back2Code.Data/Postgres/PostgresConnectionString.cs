using Npgsql;

namespace Back2Code.Data;

/// <summary>Turns the configured connection string into one that keeps the failure contract.</summary>
internal static class PostgresConnectionString
{
    public static NpgsqlConnectionStringBuilder Build(PostgresOptions options, string applicationName, int maxPoolSize) =>
        new(options.ConnectionString)
        {
            ApplicationName = applicationName,
            SearchPath = options.Schema,
            MinPoolSize = 0,
            MaxPoolSize = maxPoolSize,
            ConnectionIdleLifetime = 60,
            Timeout = Seconds(options.ConnectTimeout),
            CommandTimeout = Seconds(options.CommandTimeout),

            // A cancelled command otherwise waits up to 2 s for the server to say so. A server that is frozen or cut off
            // never says so, and the caller's budget is spent already: drop the connection instead. A server that is well
            // notices the closed socket when it next writes to it; statement_timeout ends what it runs meanwhile.
            CancellationTimeout = -1,
            Options = $"-c statement_timeout={(int)(options.CommandTimeout.TotalMilliseconds * 2)} -c idle_in_transaction_session_timeout=60000",

            // A transaction belongs to the code that opened it, never to an ambient scope.
            Enlist = false,
        };

    private static int Seconds(TimeSpan time) => Math.Max(1, (int)Math.Ceiling(time.TotalSeconds));
}
