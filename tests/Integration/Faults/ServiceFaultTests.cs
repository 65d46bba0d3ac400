using System.Net;
using System.Runtime.Versioning;
using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Faults.Settings;
using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Faults;

/// <summary>Each fault of services, settings, gateway, traffic, keys and identity on real ones: injected, seen, undone, as before. One after the other, since each wants its platform well.</summary>
[SupportedOSPlatform("linux")]
public sealed class ServiceFaultTests(ServicePlatform platform) : IClassFixture<ServicePlatform>
{
    private static readonly string[] Families = ["application", "dotnet", "time", "gateway", "traffic", "keys", "identity"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What restarts nothing takes a moment each. The end of a process that hangs in its shutdown is a test of its own.</summary>
    public static TheoryData<string> Quick => [.. FaultCatalogue.All.Where(f => Families.Contains(f.Family) && f is not SettingFault && f.Type is not "dotnet.hang-on-stop").Select(f => f.Type)];

    [Theory]
    [MemberData(nameof(Quick))]
    public async Task A_fault_is_seen_and_undone_and_leaves_nothing(string type)
    {
        var fault = FaultCatalogue.Find(type);

        var injected = await platform.InjectAsync(fault);
        var undone = await injected.UndoAsync(Cancellation);

        Assert.True(injected.Receipt.Observed, string.Join("; ", injected.Receipt.Observations));
        Assert.NotEmpty(undone.Observations);
        Assert.Empty(await fault.FindTracesAsync(platform.Target, Cancellation));
        Assert.Empty(Directory.GetFiles(platform.Paths.Faults));
        await IsAsBeforeAsync();
    }

    [Fact]
    public async Task Settings_that_serve_are_seen_on_the_process_and_taken_back_one_replica_at_a_time()
    {
        string[] types = ["config.setting", "config.short-timeout", "config.small-bulkhead", "config.naive-breaker"];
        var injected = await InjectTogetherAsync(types);

        Assert.All(injected, f => Assert.Contains("runs with another Resilience__postgres__", Assert.Single(f.Receipt.Observations), StringComparison.Ordinal));
        Assert.Equal(4, (await FaultCatalogue.Find("config.setting").FindTracesAsync(platform.Target, Cancellation)).Count);
        await UndoTogetherAsync(injected);
    }

    [Fact]
    public async Task A_bad_release_serves_badly_and_keys_that_nobody_answers_for_lock_out()
    {
        var injected = await InjectTogetherAsync(["deploy.bad-release", "keys.unreachable", "config.naive-queue"]);

        await Eventually.IsTrueAsync(async () => await platform.AskOnceAsync() == HttpStatusCode.InternalServerError, TimeSpan.FromSeconds(10), "the release fails a request");
        await Eventually.IsTrueAsync(async () => await platform.AskOnceAsync() == HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(10), "no key, no answer");
        await UndoTogetherAsync(injected);
    }

    [Fact]
    public async Task Settings_that_cannot_serve_keep_a_replica_from_being_ready()
    {
        var injected = await InjectTogetherAsync(["config.wrong-password", "config.wrong-port", "dns.no-such-name", "deploy.slow-start"]);

        Assert.All(injected, f => Assert.Contains("is not ready after", Assert.Single(f.Receipt.Observations), StringComparison.Ordinal));
        await UndoTogetherAsync(injected);
    }

    [Fact]
    public async Task A_name_that_leads_elsewhere_keeps_a_replica_from_being_ready_and_the_right_one_is_refused()
    {
        var injected = await InjectTogetherAsync(["dns.wrong-address"]);

        Assert.Contains("is not ready after", Assert.Single(injected[0].Receipt.Observations), StringComparison.Ordinal);
        await Assert.ThrowsAsync<FaultException>(() => FaultCatalogue.Find("dns.wrong-address").InjectAsync(
            new FaultContext { Platform = platform.Target, Target = "notes-2", Parameters = new Dictionary<string, string> { ["name"] = "localhost" } }, Cancellation));
        await UndoTogetherAsync(injected);
    }

    [Fact]
    public async Task Names_that_are_slow_hold_up_whoever_connects_anew_until_the_fault_ends()
    {
        var injected = await platform.InjectAsync("dns.slow");

        Assert.True(injected.Receipt.Observed, string.Join("; ", injected.Receipt.Observations));
        Assert.Single(await FaultCatalogue.Find("dns.slow").FindTracesAsync(platform.Target, Cancellation));
        await UndoTogetherAsync([injected]);
        Assert.Empty(await FaultCatalogue.Find("dns.slow").FindTracesAsync(platform.Target, Cancellation));
    }

    [Fact]
    public async Task What_cannot_start_is_started_again_and_again()
    {
        var injected = await InjectTogetherAsync(["config.missing-variable", "deploy.broken-artifact"]);

        Assert.All(injected, f => Assert.Contains("does not live", Assert.Single(f.Receipt.Observations), StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, await platform.AskOnceAsync());
        await UndoTogetherAsync(injected);
    }

    [Fact]
    public async Task A_process_that_hangs_in_its_shutdown_goes_when_the_fault_ends_and_comes_back()
    {
        var injected = await platform.InjectAsync("dotnet.hang-on-stop");
        await injected.UndoAsync(Cancellation);

        Assert.True(injected.Receipt.Observed, string.Join("; ", injected.Receipt.Observations));
        await IsAsBeforeAsync();
    }

    [Fact]
    public async Task A_secret_is_rotated_without_a_restart_and_the_old_one_is_good_again_afterwards()
    {
        var injected = await platform.InjectAsync("config.secret-rotated");
        await injected.UndoAsync(Cancellation);

        Assert.True(injected.Receipt.Observed, string.Join("; ", injected.Receipt.Observations));
        Assert.Empty(Directory.GetFiles(platform.Paths.Faults));
        Assert.Empty(Directory.GetDirectories(platform.Paths.DataOf("notes-1"), "secrets-*"));
        await IsAsBeforeAsync();
    }

    [Fact]
    public async Task What_a_dead_injector_left_behind_is_undone_from_its_records()
    {
        await platform.InjectAsync("app.errors");
        await platform.InjectAsync("gateway.drain", "notes-2");
        await platform.InjectAsync("keys.corrupt");
        await platform.InjectAsync("config.naive-breaker", "notes-3");

        var healed = await FaultJournal.HealAsync(platform.Target, HealScope.All, Cancellation);

        Assert.Equal(4, healed.Healed.Count);
        Assert.Empty(healed.Failed);
        Assert.Empty(Directory.GetFiles(platform.Paths.Faults));
        await IsAsBeforeAsync();
    }

    [Fact]
    public async Task A_server_that_one_fault_drains_cannot_be_taken_out_by_another()
    {
        var drained = await platform.InjectAsync("gateway.drain", "notes-2");

        var error = await Assert.ThrowsAsync<FaultException>(() => platform.InjectAsync("gateway.maintenance", "notes-2"));
        await drained.UndoAsync(Cancellation);

        Assert.StartsWith("gateway.maintenance on notes-2 would change the state of notes/notes-2 at the gateway, which gateway.drain on notes-2 has changed", error.Message, StringComparison.Ordinal);
        await IsAsBeforeAsync();
    }

    [Fact]
    public async Task A_process_that_one_fault_has_restarted_with_other_settings_is_not_restarted_by_another()
    {
        var first = await platform.InjectAsync("config.naive-breaker", "notes-3");

        var error = await Assert.ThrowsAsync<FaultException>(() => platform.InjectAsync("deploy.bad-release", "notes-3"));
        await first.UndoAsync(Cancellation);

        Assert.Contains("would change the settings of notes-3", error.Message, StringComparison.Ordinal);
        await IsAsBeforeAsync();
    }

    [Theory]
    [InlineData("gateway.closed", "notes-1", "its target is 'gateway'")]
    [InlineData("gateway.drain", "postgres", "No server at the gateway is called 'postgres'")]
    [InlineData("app.errors", "postgres", "has no switch for errors")]
    [InlineData("config.missing-variable", "gateway", "runs without ConnectionStrings__Postgres")]
    [InlineData("keys.certificate-expiring", "notes-1", "its target is 'monitoring'")]
    [InlineData("keys.rotated", "notes-1", "its target is 'identity'")]
    [InlineData("identity.audit-altered", "identity", "is a fault of postgres")]
    [InlineData("config.secret-rotated", "gateway", "has no password for PostgreSQL")]
    [InlineData("dns.slow", "gateway", "has no switch for slow-names")]
    public async Task A_target_that_does_not_have_it_is_refused_and_nothing_is_recorded(string type, string target, string words)
    {
        var e = await Assert.ThrowsAnyAsync<FaultException>(() => platform.InjectAsync(type, target));

        Assert.Contains(words, e.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(platform.Paths.Faults));
    }

    /// <summary>One replica for each, all at once: a restart takes seconds.</summary>
    private async Task<InjectedFault[]> InjectTogetherAsync(string[] types)
    {
        var injected = await Task.WhenAll(types.Select((type, n) => platform.InjectAsync(type, $"notes-{n + 1}")));
        Assert.All(injected, f => Assert.True(f.Receipt.Observed, string.Join("; ", f.Receipt.Observations)));
        return injected;
    }

    private async Task UndoTogetherAsync(InjectedFault[] injected)
    {
        await Task.WhenAll(injected.Select(f => f.UndoAsync(Cancellation)));
        Assert.Empty(await FaultCatalogue.Find("config.setting").FindTracesAsync(platform.Target, Cancellation));
        await IsAsBeforeAsync();
    }

    private async Task IsAsBeforeAsync()
    {
        await Eventually.IsTrueAsync(
            async () => (await platform.Target.GatewayAsync("show stat", Cancellation)).Split('\n').Count(l => l.StartsWith("notes,notes-", StringComparison.Ordinal) && l.Contains(",UP,", StringComparison.Ordinal)) == 4,
            TimeSpan.FromSeconds(30),
            "all replicas are up at the gateway");
        await Eventually.IsTrueAsync(async () => await platform.AskOnceAsync() == HttpStatusCode.OK, TimeSpan.FromSeconds(10), "users are served");
    }
}
