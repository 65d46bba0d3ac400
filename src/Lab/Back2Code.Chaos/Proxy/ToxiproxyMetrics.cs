using System.Globalization;
using System.Text;

namespace Back2Code.Chaos.Proxy;

/// <summary>The proxies' counters in Prometheus text: Toxiproxy's two, and those that tell a fault from a slow day.</summary>
internal static class ToxiproxyMetrics
{
    public static string Write(IReadOnlyList<FaultProxy> proxies)
    {
        var text = new StringBuilder();
        WriteStreams(text, proxies, "toxiproxy_proxy_received_bytes_total", "Bytes read from the sender of a stream.", c => c.Received);
        WriteStreams(text, proxies, "toxiproxy_proxy_sent_bytes_total", "Bytes written to the receiver of a stream.", c => c.Sent);
        WriteStreams(text, proxies, "toxiproxy_proxy_dropped_bytes_total", "Bytes that a toxic or the end of a connection lost.", c => c.Dropped);
        WriteCounters(text, proxies, "toxiproxy_proxy_connections_opened_total", "counter", "Connections that reached the upstream.", p => p.Connections.Opened);
        WriteCounters(text, proxies, "toxiproxy_proxy_connections_refused_total", "counter", "Clients turned away.", p => p.Connections.Refused);
        WriteCounters(text, proxies, "toxiproxy_proxy_connections_reset_total", "counter", "Connections that a toxic ended with RST.", p => p.Connections.Reset);
        WriteCounters(text, proxies, "toxiproxy_proxy_connections_cut_total", "counter", "Connections that the proxy closed.", p => p.Connections.Cut);
        WriteCounters(text, proxies, "toxiproxy_proxy_connections_open", "gauge", "Live connections.", p => p.OpenConnections);
        WriteCounters(text, proxies, "toxiproxy_proxy_toxics", "gauge", "Toxics in place.", p => p.GetToxics().Count);
        WriteCounters(text, proxies, "toxiproxy_proxy_enabled", "gauge", "1 while the proxy listens.", p => p.Enabled ? 1 : 0);
        return text.ToString();
    }

    private static void WriteStreams(
        StringBuilder text, IReadOnlyList<FaultProxy> proxies, string metric, string help, Func<StreamCounters, long> value)
    {
        WriteHead(text, metric, "counter", help);
        foreach (var proxy in proxies)
        {
            WriteSample(text, metric, $"direction=\"upstream\",{Labels(proxy)}", value(proxy.Upstream));
            WriteSample(text, metric, $"direction=\"downstream\",{Labels(proxy)}", value(proxy.Downstream));
        }
    }

    private static void WriteCounters(
        StringBuilder text, IReadOnlyList<FaultProxy> proxies, string metric, string type, string help, Func<FaultProxy, long> value)
    {
        WriteHead(text, metric, type, help);
        foreach (var proxy in proxies)
        {
            WriteSample(text, metric, Labels(proxy), value(proxy));
        }
    }

    private static string Labels(FaultProxy proxy) =>
        $"proxy=\"{Escape(proxy.Name)}\",listener=\"{Escape(proxy.Listen)}\",upstream=\"{Escape(proxy.UpstreamAddress)}\"";

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static void WriteHead(StringBuilder text, string metric, string type, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {metric} {help}\n# TYPE {metric} {type}\n");

    private static void WriteSample(StringBuilder text, string metric, string labels, long value) =>
        text.Append(CultureInfo.InvariantCulture, $"{metric}{{{labels}}} {value}\n");
}
