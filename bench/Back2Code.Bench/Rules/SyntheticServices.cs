using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Back2Code.Bench.Rules;

/// <summary>Serves the metrics that the shipped SLOs read, with as many series as the platform has, growing with time.</summary>
internal sealed class SyntheticServices : IDisposable
{
    private static readonly string[] Backends = ["notes", "notifications", "monitoring"];
    private static readonly string[] Edges = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"];

    private readonly HttpListener _listener = new();
    private readonly Task _serving;
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private readonly TimeSpan _age;

    /// <param name="age">How long it has been counting already.</param>
    public SyntheticServices(TimeSpan age)
    {
        _age = age;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    public int Port { get; }

    public void Dispose()
    {
        _listener.Close();
        _ = _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                byte[] body = Encoding.UTF8.GetBytes(Text((_age + TimeProvider.System.GetElapsedTime(_start)).TotalSeconds));
                context.Response.ContentType = "text/plain; version=0.0.4";
                await context.Response.OutputStream.WriteAsync(body);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    /// <summary>What is scraped after so many seconds of counting.</summary>
    public static string Text(double seconds)
    {
        var text = new StringBuilder();
        void Sample(string name, string labels, double perSecond) =>
            text.Append(CultureInfo.InvariantCulture, $"{name}{{{labels}}} {(long)(seconds * perSecond)}\n");
        foreach (string backend in Backends)
        {
            foreach (string code in (string[])["1xx", "2xx", "3xx", "4xx", "5xx", "other"])
            {
                Sample("haproxy_backend_http_responses_total", $"proxy=\"{backend}\",code=\"{code}\"", code == "2xx" ? 120 : 0);
            }

            foreach (string method in (string[])["GET", "POST", "PUT", "DELETE"])
            {
                foreach (string code in (string[])["2xx", "4xx", "5xx"])
                {
                    string labels = $"backend=\"{backend}\",method=\"{method}\",code_class=\"{code}\"";
                    Sample("gateway_requests_total", labels, code == "2xx" ? 30 : 0);
                    Sample("gateway_request_duration_seconds_count", labels, code == "2xx" ? 30 : 0);
                    foreach (string edge in Edges)
                    {
                        Sample("gateway_request_duration_seconds_bucket", $"{labels},le=\"{edge}\"", code == "2xx" ? 30 : 0);
                    }
                }
            }
        }

        Sample("back2code_queue_latency_seconds_count", "job=\"notifications\",queue=\"notes\"", 36);
        Sample("back2code_queue_latency_seconds_bucket", "job=\"notifications\",queue=\"notes\",le=\"5\"", 36);
        Sample("back2code_outbox_oldest_age_seconds", "job=\"notes\",instance=\"notes-1\"", 0);
        Sample("back2code_outbox_oldest_age_seconds", "job=\"notes\",instance=\"notes-2\"", 0);
        Sample("back2code_consumer_staleness_seconds", "job=\"notifications\",queue=\"notes\"", 0);
        return text.ToString();
    }
}
