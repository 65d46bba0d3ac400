using System.Text.RegularExpressions;
using Back2Code.IntegrationTests.Monitoring.Health;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.State;

namespace Back2Code.IntegrationTests.Servers;

/// <summary>A real HAProxy with the shipped configuration and a certificate made as the lab makes it; one service answers for all of its backends.</summary>
internal sealed partial class HaproxyServer : IAsyncDisposable
{
    private readonly ServerHome _home = new("gateway");
    private ServerProcess? _process;

    private HaproxyServer()
    {
    }

    public int Port { get; } = FreePort.Next();

    public int TlsPort { get; } = FreePort.Next();

    public int MetricsPort { get; } = FreePort.Next();

    /// <summary>What its clients must trust.</summary>
    public string AuthorityCertificate => new StatePaths(_home.Path).AuthorityCertificate;

    /// <param name="servicePort">The service behind it, which must answer /health/ready.</param>
    /// <param name="logPorts">Who hears its log, one datagram a request; the first as configured.</param>
    public static async Task<HaproxyServer> StartAsync(int servicePort, params int[] logPorts)
    {
        var server = new HaproxyServer();
        try
        {
            await server.LaunchAsync(servicePort, logPorts);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _home.Dispose();
    }

    private async Task LaunchAsync(int servicePort, int[] logPorts)
    {
        string program = Programs.Find("haproxy");
        string template = await File.ReadAllTextAsync(Repository.PathOf("deploy/haproxy/haproxy.cfg"));
        const string log = "  log 127.0.0.1:${port.monitoring.gateway-log} len 2048 local0 info\n";
        Assert.Contains(log, template, StringComparison.Ordinal);
        string configuration = template
            .Replace(log, string.Concat(logPorts.Select(port => log.Replace("${port.monitoring.gateway-log}", $"{port}", StringComparison.Ordinal))), StringComparison.Ordinal)
            .Replace("${replica:notes} 127.0.0.1:${link.${replica:notes}}", $"notes-1 127.0.0.1:{servicePort}", StringComparison.Ordinal)
            .Replace("${port.gateway.metrics}", $"{MetricsPort}", StringComparison.Ordinal)
            .Replace("${port.gateway.https}", $"{TlsPort}", StringComparison.Ordinal)
            .Replace("${port}", $"{Port}", StringComparison.Ordinal)
            .Replace("${run}", _home.Path, StringComparison.Ordinal)
            .Replace("${config}", _home.Folder("config"), StringComparison.Ordinal);
        configuration = Link().Replace(configuration, _ => $"{servicePort}");
        Assert.DoesNotContain("${", configuration, StringComparison.Ordinal);
        foreach (string answer in Directory.EnumerateFiles(Repository.PathOf("deploy/haproxy"), "*.http"))
        {
            // Root's servers run as another user, who may not be able to enter the repository.
            _home.Write($"config/haproxy-{Path.GetFileName(answer)}", await File.ReadAllTextAsync(answer));
        }

        _home.Folder("secrets");
        new GatewayCertificate(new StatePaths(_home.Path), static _ => { }, TimeProvider.System).Ensure();
        string file = _home.Write("haproxy.cfg", configuration);
        await _home.HandOverAsync();
        _process = new ServerProcess(_home, [program, "-db", "-f", file], new Dictionary<string, string>());
        await _process.StartAsync();
        await _process.WaitUntilReadyAsync(IsReadyAsync, TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(50));
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        try
        {
            using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{MetricsPort}/ready"), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"\$\{link\.[^}]+\}")]
    private static partial Regex Link();
}
