using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace Back2Code.IntegrationTests.Servers;

/// <summary>A real PostgreSQL of this test run alone.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Password = "test-only";

    private readonly ServerHome _home;
    private readonly ServerProcess _process;

    private PostgresServer(ServerHome home, ServerProcess process, int port) => (_home, _process, Port) = (home, process, port);

    public int Pid => _process.Id;

    public int Port { get; }

    /// <summary>What the server itself writes down.</summary>
    public string LogFile => _home.LogFile;

    /// <summary>For the superuser, to the maintenance database.</summary>
    public string ConnectionString => ConnectionStringTo("postgres");

    public static async Task<PostgresServer> StartAsync()
    {
        string initdb = Programs.FindPostgres("initdb");
        string postgres = Programs.FindPostgres("postgres");
        var home = new ServerHome("postgres");
        string data = Path.Combine(home.Path, "data");
        string passwordFile = home.Write("password", Password);
        await home.HandOverAsync();

        await using (var init = new ServerProcess(
            home,
            [initdb, "-D", data, "-U", "b2c", "--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile=" + passwordFile,
                "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions", "--no-sync"],
            new Dictionary<string, string>()))
        {
            await init.StartAsync();
            await Eventually.IsTrueAsync(() => init.HasExited, TimeSpan.FromSeconds(60), "initdb ends");
        }

        int port = FreePort.Next();

        // Without fsync a crash of the machine would lose data; the crash of a process, which is what the tests cause, does not.
        var process = new ServerProcess(
            home,
            [postgres, "-D", data, "-h", "127.0.0.1", "-p", $"{port}", "-k", "", "-c", "shared_buffers=32MB", "-c", "max_connections=120",
                "-c", "fsync=off", "-c", "max_worker_processes=2", "-c", "max_parallel_workers=0", "-c", "max_wal_senders=0",
                "-c", "huge_pages=off", "-c", "jit=off", "-c", "logging_collector=off", "-c", "log_min_messages=warning",
                "-c", "log_error_verbosity=terse"],
            new Dictionary<string, string>());
        var server = new PostgresServer(home, process, port);
        await server.RestartAsync();
        return server;
    }

    public string ConnectionStringTo(string database) =>
        $"Host=127.0.0.1;Port={Port};Username=b2c;Password={Password};Database={database}";

    /// <summary>A new, empty database, so that tests share a server but no state.</summary>
    /// <returns>Its connection string, with <paramref name="schema"/> made and on the search path.</returns>
    public async Task<string> CreateDatabaseAsync(string schema)
    {
        string name = "t_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        await ExecuteAsync(ConnectionString, $"CREATE DATABASE {name}");
        await ExecuteAsync(ConnectionStringTo(name), $"CREATE SCHEMA {schema}");
        return ConnectionStringTo(name) + $";Search Path={schema}";
    }

    /// <summary>Starts it again on the same port with the same data, after <see cref="KillAsync"/>.</summary>
    public async Task RestartAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            // The previous postmaster is dead, whatever process has its number now.
            File.Delete(Path.Combine(_home.Path, "data", "postmaster.pid"));
            await _process.StartAsync();
            try
            {
                await _process.WaitUntilReadyAsync(AnswersAsync, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(20));
                return;
            }
            catch (InvalidOperationException e) when (attempt < 20 && _process.HasExited && e.Message.Contains("shared memory block", StringComparison.Ordinal))
            {
                // The last backend of the killed server is on its way out: the new one refuses until it is gone.
            }
        }
    }

    public Task KillAsync() => _process.KillAsync();

    public void Freeze() => _process.Freeze();

    public void Thaw() => _process.Thaw();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _home.Dispose();
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A start-up packet is answered by a request to authenticate ('R') only when connections are accepted.</summary>
    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        byte[] startup = [0, 0, 0, 19, 0, 3, 0, 0, .. "user\0b2c\0\0"u8];
        startup[3] = (byte)startup.Length;
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
        await socket.SendAsync(startup, cancellationToken);
        byte[] answer = new byte[1];
        return await socket.ReceiveAsync(answer, cancellationToken) == 1 && answer[0] == (byte)'R';
    }
}
