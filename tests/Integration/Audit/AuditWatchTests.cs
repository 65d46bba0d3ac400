using Back2Code.Identity.Audit;
using Back2Code.IntegrationTests.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.IntegrationTests.Audit;

/// <summary>The service's own look at its trail, for those who do not ask.</summary>
public sealed class AuditWatchTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_it_finds_stands_in_the_metrics_until_the_next_look_finds_otherwise()
    {
        await using var identity = await IdentityWithAudit.StartAsync(servers);
        var watch = identity.Services.GetRequiredService<AuditWatch>();
        await identity.AppendAsync(count: 4);
        await watch.VerifyOnceAsync(Cancellation);
        var whole = await MetricsAsync(identity);

        await identity.Database.TamperAsync("UPDATE audit_records SET subject = 'somebody else' WHERE sequence = 3");
        var found = await watch.VerifyOnceAsync(Cancellation);
        var broken = await MetricsAsync(identity);
        await identity.Database.TamperAsync("UPDATE audit_records SET subject = 'ada' WHERE sequence = 3");
        await watch.VerifyOnceAsync(Cancellation);

        Assert.Equal(("1", "4"), whole);
        Assert.Equal((AuditBreak.Altered, 3L), (found!.Fault!.Kind, found.Fault.Sequence));
        Assert.Equal(("0", "2"), broken);
        Assert.Equal(("1", "4"), await MetricsAsync(identity));
    }

    private static async Task<(string Intact, string Verified)> MetricsAsync(IdentityWithAudit identity)
    {
        using var client = identity.AsUser("prometheus");
        var lines = (await client.GetStringAsync("/metrics", Cancellation)).Split('\n');
        return (Value("back2code_audit_intact"), Value("back2code_audit_verified"));

        string Value(string name) => lines.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ')[1];
    }
}
