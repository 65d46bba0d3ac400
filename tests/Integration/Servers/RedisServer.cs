using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Back2Code.IntegrationTests.Servers;

/// <summary>A real Redis of this test run alone, with a password. It starts in some 10 ms: a test that kills one has its own.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    public const string Password = "test-only";

    private readonly ServerHome _home;
    private readonly ServerProcess _process;

    private RedisServer(ServerHome home, ServerProcess process, int port) => (_home, _process, Port) = (home, process, port);

    public int Pid => _process.Id;

    public int Port { get; }

    /// <summary>What the server itself writes down.</summary>
    public string LogFile => _home.LogFile;

    public string ConnectionString => $"redis://:{Password}@127.0.0.1:{Port}";

    public static async Task<RedisServer> StartAsync()
    {
        string program = Programs.Find("redis-server");
        var home = new ServerHome("redis");
        int port = FreePort.Next();
        string data = home.Folder("data");
        string configuration = home.Write("redis.conf", $"""
            bind 127.0.0.1
            port {port}
            dir {data}
            daemonize no
            save ""
            appendonly yes
            appendfsync no
            databases 4
            requirepass {Password}

            """);
        await home.HandOverAsync();
        var server = new RedisServer(home, new ServerProcess(home, [program, configuration], new Dictionary<string, string>()), port);
        await server.RestartAsync();
        return server;
    }

    /// <summary>Starts it again on the same port with the same data, after <see cref="KillAsync"/>.</summary>
    public async Task RestartAsync()
    {
        await _process.StartAsync();
        await _process.WaitUntilReadyAsync(AnswersAsync, TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(10));
    }

    public Task KillAsync() => _process.KillAsync();

    public void Freeze() => _process.Freeze();

    public void Thaw() => _process.Thaw();

    /// <summary>Sends an inline command over a connection of its own, as another client would.</summary>
    /// <returns>The first bytes of the reply.</returns>
    public async Task<string> SendAsync(string command, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
        byte[] answer = new byte[4096];
        await socket.SendAsync(Encoding.UTF8.GetBytes($"AUTH {Password}\r\n"), cancellationToken);
        await socket.ReceiveAsync(answer, cancellationToken);
        await socket.SendAsync(Encoding.UTF8.GetBytes(command + "\r\n"), cancellationToken);
        int length = await socket.ReceiveAsync(answer, cancellationToken);
        return Encoding.UTF8.GetString(answer, 0, length);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _home.Dispose();
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken) =>
        (await SendAsync("PING", cancellationToken)).StartsWith("+PONG", StringComparison.Ordinal);
}
