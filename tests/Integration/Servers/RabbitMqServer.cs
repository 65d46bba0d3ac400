using System.Net;
using System.Net.Sockets;

namespace Back2Code.IntegrationTests.Servers;

/// <summary>
/// A real RabbitMQ of this test run alone, with an epmd of its own, so that nothing stays behind. It takes about 5 s to
/// start: share one, and let tests that kill it have another.
/// </summary>
public sealed class RabbitMqServer : IAsyncDisposable
{
    private const string User = "b2c";
    private const string Password = "test-only";

    private readonly ServerHome _home;
    private readonly ServerProcess _epmd;
    private readonly ServerProcess _process;

    private RabbitMqServer(ServerHome home, ServerProcess epmd, ServerProcess process, int port, int metricsPort) =>
        (_home, _epmd, _process, Port, MetricsPort) = (home, epmd, process, port, metricsPort);

    public int Pid => _process.Id;

    public int Port { get; }

    /// <summary>What the server itself writes down.</summary>
    public string LogFile => _home.LogFile;

    /// <summary>Of the plugin rabbitmq_prometheus.</summary>
    public int MetricsPort { get; }

    public string ConnectionString => $"amqp://{User}:{Password}@127.0.0.1:{Port}/";

    public static async Task<RabbitMqServer> StartAsync()
    {
        var server = await PrepareAsync();
        await server.RestartAsync();
        return server;
    }

    /// <summary>Everything in place but not started: for services that start before their broker.</summary>
    public static async Task<RabbitMqServer> PrepareAsync()
    {
        string program = Programs.FindRabbitMq();
        var home = new ServerHome("rabbitmq");
        int port = FreePort.Next();
        int distributionPort = FreePort.Next();
        int epmdPort = FreePort.Next();
        int metricsPort = FreePort.Next();
        string userHome = home.Folder("home");
        string mnesia = home.Folder("mnesia");
        string logs = home.Folder("log");
        string generated = home.Folder("gen");
        string configuration = home.Write("rabbitmq.conf", $"""
            listeners.tcp.1 = 127.0.0.1:{port}
            num_acceptors.tcp = 2
            prometheus.tcp.ip = 127.0.0.1
            prometheus.tcp.port = {metricsPort}
            default_user = {User}
            default_pass = {Password}
            vm_memory_high_watermark.absolute = 256MB
            disk_free_limit.absolute = 50MB
            log.console = true
            log.console.level = warning
            log.file = false

            """);
        string advanced = home.Write("advanced.config", "[].");
        string plugins = home.Write("enabled_plugins", "[rabbitmq_prometheus].");
        await home.HandOverAsync();

        var epmd = new ServerProcess(
            home, [Programs.Find("epmd"), "-port", $"{epmdPort}", "-address", "127.0.0.1"], new Dictionary<string, string>());
        var process = new ServerProcess(home, [program], new Dictionary<string, string>
        {
            ["HOME"] = userHome,
            ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null",
            // Makes the script replace itself by the Erlang machine: the child's pid is the broker's.
            ["RUNNING_UNDER_SYSTEMD"] = "true",
            ["RABBITMQ_NODENAME"] = $"b2c{port}@localhost",
            ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODE_PORT"] = $"{port}",
            ["RABBITMQ_DIST_PORT"] = $"{distributionPort}",
            ["ERL_EPMD_PORT"] = $"{epmdPort}",
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_MNESIA_BASE"] = mnesia,
            ["RABBITMQ_LOG_BASE"] = logs,
            ["RABBITMQ_PID_FILE"] = Path.Combine(home.Path, "rabbit.pid"),
            ["RABBITMQ_GENERATED_CONFIG_DIR"] = generated,
            ["RABBITMQ_CONFIG_FILE"] = configuration,
            ["RABBITMQ_ADVANCED_CONFIG_FILE"] = advanced,
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = plugins,
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +SDcpu 1:1 +SDio 2 +A 2",
            ["ERL_CRASH_DUMP"] = Path.Combine(logs, "crash.dump"),
            ["ERL_CRASH_DUMP_SECONDS"] = "0",
        });
        await epmd.StartAsync();
        return new RabbitMqServer(home, epmd, process, port, metricsPort);
    }

    /// <summary>Starts it, for the first time or on the same port with the same data after <see cref="KillAsync"/>.</summary>
    public async Task RestartAsync()
    {
        await _process.StartAsync();

        // Each look costs the broker two lines of log, hence the slower rhythm.
        await _process.WaitUntilReadyAsync(AnswersAsync, TimeSpan.FromSeconds(60), TimeSpan.FromMilliseconds(100));
    }

    public Task KillAsync() => _process.KillAsync();

    public void Freeze() => _process.Freeze();

    public void Thaw() => _process.Thaw();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _epmd.DisposeAsync();
        _home.Dispose();
    }

    /// <summary>The protocol header is answered by Connection.Start (class 10, method 10).</summary>
    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
        await socket.SendAsync("AMQP\0\0\u0009\u0001"u8.ToArray(), cancellationToken);
        byte[] answer = new byte[16];
        int length = await socket.ReceiveAsync(answer, cancellationToken);
        return answer.AsSpan(0, length).IndexOf((ReadOnlySpan<byte>)[0, 10, 0, 10]) >= 0;
    }
}
