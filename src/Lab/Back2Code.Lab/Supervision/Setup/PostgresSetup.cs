using System.Text;
using Back2Code.Lab.Supervision.Children;
using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Supervision.State;
using Npgsql;

namespace Back2Code.Lab.Supervision.Setup;

/// <summary>Makes the cluster once, and its roles and schemas at every start of the lab.</summary>
internal sealed class PostgresSetup(
    StatePaths paths, RunUser user, Spawner spawner, SecretStore secrets, IReadOnlyList<string> schemas, IReadOnlyList<string> observers, int port, string runDirectory) : IProcessSetup
{
    public const string Superuser = "back2code";
    public const string SuperuserSecret = "postgres-back2code";

    /// <summary>A schema, its role and this have one name.</summary>
    public static string SecretOf(string schema) => $"postgres-{schema}";
    public const string Database = "back2code";

    private bool _rolesAreSet;

    public async Task PrepareAsync(LaunchPlan plan, CancellationToken cancellationToken)
    {
        var cluster = Path.Combine(plan.DataDirectory, "cluster");
        if (!Directory.Exists(cluster))
        {
            await CreateClusterAsync(plan, cluster, cancellationToken);
        }

        CheckVersion(plan, cluster);

        // The postmaster is dead, and its orphans have been killed; but PostgreSQL trusts only the pid in this file, which may meanwhile
        // name any other process of the same user, and would refuse to start.
        File.Delete(Path.Combine(cluster, "postmaster.pid"));
    }

    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        if (_rolesAreSet)
        {
            return;
        }

        await EnsureDatabaseAsync(cancellationToken);
        await using var connection = await ConnectAsync(Database, cancellationToken);
        foreach (var schema in schemas)
        {
            await EnsureRoleAndSchemaAsync(connection, schema, cancellationToken);
        }

        _rolesAreSet = true;
    }

    private async Task CreateClusterAsync(LaunchPlan plan, string cluster, CancellationToken cancellationToken)
    {
        // Made beside its place and moved there when complete: a start that is cut short leaves no half of a cluster.
        var draft = cluster + ".new";
        if (Directory.Exists(draft))
        {
            Directory.Delete(draft, recursive: true);
        }

        var passwordFile = Path.Combine(runDirectory, "initdb.password");
        AtomicFile.Write(passwordFile, Encoding.ASCII.GetBytes(secrets.GetOrCreate(SuperuserSecret)));
        user.Own(passwordFile);

        var initdb = Path.Combine(Path.GetDirectoryName(plan.Program)!, "initdb");
        using var process = await spawner.StartAsync(
            [.. user.Prefix(), initdb, "-D", draft, "-U", Superuser, "--auth=scram-sha-256", $"--pwfile={passwordFile}",
                "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"],
            plan.DataDirectory, plan.Log, plan.Environment);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            File.Delete(passwordFile);
        }

        if (process.ExitCode != 0)
        {
            Directory.Delete(draft, recursive: true);
            throw new LabException($"PostgreSQL's initdb failed with exit code {process.ExitCode}:{LogTail.Of(plan.Log)}");
        }

        Directory.Move(draft, cluster);
    }

    private void CheckVersion(LaunchPlan plan, string cluster)
    {
        var versionFile = Path.Combine(cluster, "PG_VERSION");
        if (!File.Exists(versionFile))
        {
            throw StateFolder.Corrupt(paths, "data/postgres/cluster is not a PostgreSQL cluster");
        }

        // /usr/lib/postgresql/15/bin/postgres: Debian's folder carries the major version.
        var made = File.ReadAllText(versionFile).Trim();
        var installed = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(plan.Program)));
        if (installed is not null && installed.All(char.IsAsciiDigit) && installed != made)
        {
            throw new LabException($"The data in {cluster} was made by PostgreSQL {made} and PostgreSQL {installed} is installed. Install {made}, or start afresh with another --state DIR.");
        }

        if (secrets.TryGet(SuperuserSecret) is null)
        {
            throw StateFolder.Corrupt(paths, $"there is a PostgreSQL cluster but not the password it was made with (secrets/{SuperuserSecret}.password)");
        }
    }

    private async Task EnsureDatabaseAsync(CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync("postgres", cancellationToken);
        await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = 'back2code'", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is null)
        {
            await using var create = new NpgsqlCommand("CREATE DATABASE back2code", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private async Task EnsureRoleAndSchemaAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        // Names come from the topology and are quoted; the password's alphabet has no quote in it. Identifiers and CREATE ROLE take no parameters.
        var name = new NpgsqlCommandBuilder().QuoteIdentifier(schema);
        var password = secrets.GetOrCreate(SecretOf(schema));
        // Membership in pg_monitor shows statistics of the whole server and no row of anybody's tables.
        var observing = observers.Contains(schema) ? $"GRANT pg_monitor TO {name};" : "";
        await using var command = new NpgsqlCommand(
            $"""
            SET log_min_error_statement = panic; -- a failing statement would be logged with its password
            DO $do$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{schema.Replace("'", "''", StringComparison.Ordinal)}') THEN
                    CREATE ROLE {name};
                END IF;
            END $do$;
            ALTER ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}';
            ALTER ROLE {name} SET search_path = {name};
            CREATE SCHEMA IF NOT EXISTS {name} AUTHORIZATION {name};
            {observing}
            """,
            connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<NpgsqlConnection> ConnectAsync(string database, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = port,
            Database = database,
            Username = Superuser,
            Password = secrets.GetOrCreate(SuperuserSecret),
            Pooling = false,
            Timeout = 5,

            // What a fault left in the server's settings must not keep the platform from starting: it is undone only after this.
            Options = "-c default_transaction_read_only=off -c lock_timeout=0 -c statement_timeout=0",
        }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }
}
