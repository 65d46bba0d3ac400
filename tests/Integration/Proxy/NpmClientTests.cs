using System.Text.Json;
using Back2Code.IntegrationTests.Servers;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>A client that others wrote and published for Toxiproxy, unchanged.</summary>
public sealed class NpmClientTests
{
    [Fact]
    public async Task The_published_Node_client_works_against_it()
    {
        using var program = await NodeProgram.InstallAsync("Proxy/toxiproxy-client.mjs", "toxiproxy-node-client@4.1.0");
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();

        var (exitCode, output, errors) = await program.RunAsync(proxy.Http.BaseAddress!.ToString().TrimEnd('/'), upstream.Address);

        Assert.True(exitCode == 0, errors);
        var seen = JsonElement.Parse(output);
        Assert.Equal("hello", seen.GetProperty("echo").GetString());
        Assert.InRange(seen.GetProperty("lateMs").GetInt32(), 200, 10_000);
        Assert.Empty((await proxy.Client.ListAsync(Cancellation)).Keys);
    }
}
