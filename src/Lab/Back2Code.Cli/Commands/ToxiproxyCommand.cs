using System.CommandLine;
using Back2Code.Chaos.Proxy;
using Microsoft.Extensions.Logging;

namespace Back2Code.Cli.Commands;

/// <summary><c>back2code toxiproxy</c>: the fault proxy as a process of its own.</summary>
internal static class ToxiproxyCommand
{
    public static Command Create()
    {
        var host = new Option<string>("--host") { Description = "Address of the HTTP API.", DefaultValueFactory = _ => "127.0.0.1" };
        var port = new Option<int>("--port") { Description = "Port of the HTTP API; 0 takes a free one.", DefaultValueFactory = _ => 8474 };
        var config = new Option<FileInfo?>("--config") { Description = "JSON array of proxies to begin with, as for POST /populate." };
        var seed = new Option<ulong>("--seed") { Description = "Seed of every random draw (jitter, toxicity, slices).", DefaultValueFactory = _ => 1 };
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
            Run the TCP fault proxy with Toxiproxy's HTTP API, until stopped.

            Examples:
              back2code toxiproxy
              LOG_LEVEL=debug back2code toxiproxy --port 18474 --config links.json --seed 42
              curl -d '{"name":"pg","listen":"127.0.0.1:15432","upstream":"127.0.0.1:5432"}' http://127.0.0.1:8474/proxies
              curl -d '{"type":"latency","attributes":{"latency":200,"jitter":20}}' http://127.0.0.1:8474/proxies/pg/toxics
            """)
        {
            host, port, config, seed,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            new ToxiproxyOptions
            {
                Host = parsed.GetValue(host)!,
                Port = parsed.GetValue(port),
                ConfigFile = parsed.GetValue(config)?.FullName,
                Seed = parsed.GetValue(seed),
                LogLevel = Enum.TryParse(Environment.GetEnvironmentVariable("LOG_LEVEL"), ignoreCase: true, out LogLevel level) ? level : LogLevel.Information,
            },
            cancellationToken));
        return command;
    }

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
