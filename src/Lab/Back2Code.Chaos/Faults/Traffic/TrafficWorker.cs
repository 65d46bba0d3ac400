using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Back2Code.Chaos.Faults.Traffic;

/// <summary>What a worker process sends to the gateway until it is killed. Started by the lab, of whose death it dies.</summary>
public static class TrafficWorker
{
    /// <summary>Name of the environment variable with the bearer token: a command line can be read by every user of the machine.</summary>
    public const string TokenVariable = "BACK2CODE_WORKER_TOKEN";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Requests on a schedule that answers do not change, as users do who know nothing of each other.</summary>
    public static async Task SendAsync(Uri address, double rate, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var http = Client(timeout);
        var start = Stopwatch.GetTimestamp();
        for (long sent = 0; !cancellationToken.IsCancellationRequested; sent++)
        {
            var ahead = TimeSpan.FromSeconds(sent / rate) - Stopwatch.GetElapsedTime(start);
            if (ahead > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(ahead, cancellationToken);
            }

            _ = TryAsync(http, address, cancellationToken);
        }
    }

    /// <summary>
    /// Clients that each ask at an interval, wait no longer than their time-out, and then try again at once, so many times: the naive retry that turns a short
    /// trouble into a long one.
    /// </summary>
    public static Task RetryAsync(Uri address, int clients, TimeSpan interval, TimeSpan timeout, int retries, CancellationToken cancellationToken)
    {
        var http = Client(timeout);
        return Task.WhenAll(Enumerable.Range(0, clients).Select(async n =>
        {
            // Spread over the first interval, as clients are.
            await Task.Delay(interval * n / clients, cancellationToken);
            while (true)
            {
                var start = Stopwatch.GetTimestamp();
                for (int attempt = 0; attempt <= retries && !await TryAsync(http, address, cancellationToken); attempt++)
                {
                }

                var left = interval - Stopwatch.GetElapsedTime(start);
                await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
            }
        }));
    }

    /// <summary>Connections that say nothing, or only the beginning of a request and then one byte at each interval; opened again when they are closed.</summary>
    public static Task HoldAsync(Uri gateway, int connections, TimeSpan? drip, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, connections).Select(async _ =>
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                try
                {
                    using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                    await socket.ConnectAsync(gateway.Host, gateway.Port, cancellationToken);
                    await OccupyAsync(socket, drip, cancellationToken);
                }
                catch (SocketException)
                {
                    // Closed by the gateway, or no room for it there.
                }

                await Task.Delay(Pause, cancellationToken);
            }
        }));

    private static async Task OccupyAsync(Socket socket, TimeSpan? drip, CancellationToken cancellationToken)
    {
        if (drip is null)
        {
            // Until the other side has enough of it.
            await socket.ReceiveAsync(new byte[1], cancellationToken);
            return;
        }

        await socket.SendAsync(Encoding.ASCII.GetBytes("GET /v1/notes HTTP/1.1\r\nHost: gateway\r\nX-Slow: "), cancellationToken);
        while (true)
        {
            await Task.Delay(drip.Value, cancellationToken);
            await socket.SendAsync("a"u8.ToArray(), cancellationToken);
        }
    }

    private static HttpClient Client(TimeSpan timeout)
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = timeout };
        if (Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } token)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return http;
    }

    private static async Task<bool> TryAsync(HttpClient http, Uri address, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.GetAsync(address, cancellationToken);
            return (int)response.StatusCode < 500;
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
