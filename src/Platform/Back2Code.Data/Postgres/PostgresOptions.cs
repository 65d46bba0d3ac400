using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace Back2Code.Data;

/// <summary>
/// How a service reaches PostgreSQL. The defaults keep the failure contract: a dead server is noticed within about
/// a second, a full pool sheds instead of queueing for long, and a black-holed link costs at most one command time-out.
/// </summary>
public sealed class PostgresOptions
{
    /// <summary>Npgsql connection string. Default: <c>ConnectionStrings:Postgres</c> of the configuration.</summary>
    [Required] public string? ConnectionString { get; set; }

    /// <summary>The service's own schema: where its tables, its outbox and its inbox live. Default <c>public</c>.</summary>
    /// <remarks>A plain lower-case identifier, because it becomes part of a notification channel's name.</remarks>
    [Required, RegularExpression("^[a-z_][a-z0-9_]{0,39}$")] public string Schema { get; set; } = "public";

    /// <summary>Assembly whose embedded resources <c>Migrations/NNNN_name.sql</c> are applied. Null: the platform's tables only.</summary>
    public Assembly? MigrationsAssembly { get; set; }

    /// <summary>Connections that requests may hold at once, 1 to 200. Default 12.</summary>
    [Range(1, 200)] public int MaxPoolSize { get; set; } = 12;

    /// <summary>
    /// Connections kept apart for background work (relay, consumers, migrations), 2 to 50. Default 6.
    /// A pool of their own, so that a flood of requests cannot stop events, nor events starve requests.
    /// </summary>
    [Range(2, 50)] public int MaxBackgroundPoolSize { get; set; } = 6;

    /// <summary>Time to open a connection or to get one from the pool, 1 to 60 whole seconds. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")] public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Time one command of a request may take unless it says otherwise, 1 to 600 whole seconds. Default 1 s. A server that has
    /// stopped answering costs a caller this and <see cref="ConnectTimeout"/>. The server itself ends a statement after twice this time.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")] public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The same for commands of background work, 1 to 600 whole seconds. Default 5 s: nobody waits for them.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")] public TimeSpan BackgroundCommandTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Time one migration may take, 1 to 3,600 whole seconds. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")] public TimeSpan MigrationTimeout { get; set; } = TimeSpan.FromSeconds(60);
}
