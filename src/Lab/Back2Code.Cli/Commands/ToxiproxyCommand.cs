using System.CommandLine;
using Back2Code.Chaos.Proxy;
using Microsoft.Extensions.Logging;

namespace Back2Code.Cli.Commands;

/// <summary><c>back2code toxiproxy</c>: the fault proxy as a process of its own.</summary>
internal static class ToxiproxyCommand
{
    public static Command Create()
    {
        var host = new Option<string>("--host", "-host") { Description = "Address of the HTTP API.", DefaultValueFactory = _ => "127.0.0.1" };
        var port = new Option<int>("--port", "-port") { Description = "Port of the HTTP API; 0 takes a free one.", DefaultValueFactory = _ => 8474 };
        var config = new Option<FileInfo?>("--config", "-config") { Description = "JSON array of proxies to begin with, as for POST /populate." };
        var seed = new Option<ulong>("--seed", "-seed") { Description = "Seed of every random draw (jitter, toxicity, slices).", DefaultValueFactory = _ => 1 };
        var proxyMetrics = new Option<bool>("--proxy-metrics", "-proxy-metrics") { Description = "Serve what passed through the proxies at /metrics." };
        var runtimeMetrics = new Option<bool>("--runtime-metrics", "-runtime-metrics") { Description = "Serve memory, processor and collector at /metrics." };
        var version = new Option<bool>("--version", "-version") { Description = "Print the version and stop." };
        port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 65535)
            {
                result.AddError("--port must lie between 0 and 65535");
            }
        });

        var command = new Command(
            "toxiproxy",
            """
            Run the TCP fault proxy with Toxiproxy's HTTP API, until stopped. Takes toxiproxy-server's flags, with one dash or two, and LOG_LEVEL.
            The commands below are toxiproxy-cli's: they talk to a proxy that runs, at TOXIPROXY_URL.

            Examples:
              back2code toxiproxy
              LOG_LEVEL=debug back2code toxiproxy --port 18474 --config links.json --seed 42
              back2code toxiproxy create -l 127.0.0.1:15432 -u 127.0.0.1:5432 pg
              back2code toxiproxy toxic add -t latency -a latency=200 -a jitter=20 pg
              curl -d '{"type":"http_status","attributes":{"status":503,"path":"/v1/*","percent":10}}' http://127.0.0.1:8474/proxies/web/toxics
            """)
        {
            host, port, config, seed, proxyMetrics, runtimeMetrics, version,
        };
        foreach (var client in ToxiproxyClientCommands.Create())
        {
            command.Add(client);
        }

        command.SetAction((parsed, cancellationToken) => parsed.GetValue(version) ? PrintVersionAsync() : RunAsync(
            new ToxiproxyOptions
            {
                Host = parsed.GetValue(host)!,
                Port = parsed.GetValue(port),
                ConfigFile = parsed.GetValue(config)?.FullName,
                Seed = parsed.GetValue(seed),
                ProxyMetrics = parsed.GetValue(proxyMetrics),
                RuntimeMetrics = parsed.GetValue(runtimeMetrics),
                LogLevel = LogLevelOf(Environment.GetEnvironmentVariable("LOG_LEVEL")),
            },
            cancellationToken));
        return command;
    }

    private static async Task<int> PrintVersionAsync()
    {
        await Console.Out.WriteLineAsync($"toxiproxy-server version {ToxiproxyServer.Version}");
        return 0;
    }

    /// <summary>Toxiproxy's names of levels, and ours.</summary>
    private static LogLevel LogLevelOf(string? name) => name?.ToLowerInvariant() switch
    {
        "info" => LogLevel.Information,
        "warn" => LogLevel.Warning,
        "fatal" or "panic" => LogLevel.Critical,
        "disabled" => LogLevel.None,
        _ => Enum.TryParse(name, ignoreCase: true, out LogLevel level) ? level : LogLevel.Information,
    };

    private static async Task<int> RunAsync(ToxiproxyOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await using var server = await ToxiproxyServer.StartAsync(options, cancellationToken);
            Console.WriteLine($"Toxiproxy API on {server.Address.ToString().TrimEnd('/')}");
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception e) when (e is ToxiproxyException or IOException)
        {
            await Console.Error.WriteLineAsync($"toxiproxy: {e.Message}");
            return 1;
        }
    }
}
