using System.Net;
using System.Net.Sockets;
using System.Text;
using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Monitoring;

public sealed class GatewayLogTests(MonitoringFixture fixture) : IClassFixture<MonitoringFixture>
{
    [Fact]
    public async Task Lines_of_the_gateways_log_become_a_histogram_with_an_edge_at_the_objective()
    {
        using var gateway = new UdpClient();
        gateway.Connect(IPAddress.Loopback, await fixture.Monitoring.GatewayLogPortAsync());
        foreach (int totalMs in (int[])[3, 500, 501])
        {
            string line = $"<134>Nov 20 12:00:00 haproxy[1]: b2c backend=notes server=notes-1 method=POST status=201 total_ms={totalMs} connect_ms=0 response_ms=1 term=---- retries=0 path=/v1/notes";
            await gateway.SendAsync(Encoding.ASCII.GetBytes(line), TestContext.Current.CancellationToken);
        }

        await gateway.SendAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);

        string metrics = "";
        await Eventually.IsTrueAsync(
            async () => (metrics = await fixture.Monitoring.Anonymous().GetStringAsync("/metrics", TestContext.Current.CancellationToken)).Contains("gateway_log_unparsable_total 1", StringComparison.Ordinal),
            TimeSpan.FromSeconds(10),
            "the last line is counted");
        Assert.Matches(Series("gateway_request_duration_seconds_bucket", 2, "le=\"0.5\""), metrics);
        Assert.Matches(Series("gateway_request_duration_seconds_count", 3), metrics);
        Assert.Matches(Series("gateway_requests_total", 3), metrics);
    }

    private static string Series(string name, int value, string also = "") =>
        $"(?m)^{name}\\{{(?=[^}}]*backend=\"notes\")(?=[^}}]*method=\"POST\")(?=[^}}]*code_class=\"2xx\")(?=[^}}]*{also})[^}}]*\\}} {value}$";
}
