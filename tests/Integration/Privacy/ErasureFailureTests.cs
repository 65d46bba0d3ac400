using Back2Code.Identity.Erasing;
using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.IntegrationTests.Privacy;

/// <summary>Erasures while something is away: they are accepted, they wait, they are seen to wait, and they complete.</summary>
[Collection(FailureDrills.Name)]
public sealed class ErasureFailureTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_broker_it_is_accepted_and_completes_when_there_is_one()
    {
        await using var rabbitMq = await RabbitMqServer.StartAsync();
        await rabbitMq.KillAsync();
        await using var platform = await PrivacyPlatform.StartAsync(servers, rabbitMq.ConnectionString);
        var user = (await platform.Identity.CreateUserAsync()).Id;

        var asked = await platform.EraseAsync(user);
        var again = await platform.EraseAsync(user);
        await platform.Identity.Services.GetRequiredService<ErasureWatch>().LookOnceAsync(Cancellation);
        using var scraper = platform.Identity.Anonymous();
        string waiting = await scraper.GetStringAsync("/metrics", Cancellation);
        await rabbitMq.RestartAsync();
        var erased = await platform.ErasedAsync(user);
        await platform.Identity.Services.GetRequiredService<ErasureWatch>().LookOnceAsync(Cancellation);
        string done = await scraper.GetStringAsync("/metrics", Cancellation);

        Assert.Equal((ErasureView.Pending, asked.Id), (asked.State, again.Id));
        Assert.Equal([true, false, false], asked.Services.Select(static service => service.CompletedAt is not null));
        Assert.Matches("(?m)^back2code_identity_erasures_pending\\S* 1$", waiting);
        Assert.Matches("(?m)^back2code_identity_erasures_oldest_age_seconds\\S* [0-9.]*[1-9]", waiting);
        Assert.Matches("(?m)^back2code_identity_erasures_oldest_age_seconds\\S* 0$", done);
        Assert.NotNull(erased.CompletedAt);
    }

    [Fact]
    public async Task Notes_does_not_call_erased_what_Redis_may_still_hold()
    {
        await using var rabbitMq = await RabbitMqServer.StartAsync();
        await using var redis = await RedisServer.StartAsync();
        await using var platform = await PrivacyPlatform.StartAsync(servers, rabbitMq.ConnectionString, redis);
        var user = (await platform.Identity.CreateUserAsync()).Id;
        using var writer = platform.Notes.AsUser(user.ToString());
        var note = await writer.CreateNoteAsync("cached", "text");
        await redis.KillAsync();

        await platform.EraseAsync(user);
        var meanwhile = await platform.ErasedAsync(user, static erasure => erasure.Services[2].CompletedAt is not null);
        long kept = await PrivacyPlatform.ReadAsync<long>(platform.Notes, $"SELECT count(*) FROM notes WHERE owner_id = '{user}'");
        await redis.RestartAsync();
        var erased = await platform.ErasedAsync(user);
        using var gone = await writer.ReadNoteAsync(note.Id);

        Assert.Null(meanwhile.Services[1].CompletedAt);
        Assert.Equal(1, kept);
        Assert.Equal(1, erased.Services[1].Counts!["notes"]);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, gone.StatusCode);
    }
}
