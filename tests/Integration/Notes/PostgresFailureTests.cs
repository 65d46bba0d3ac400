using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Back2Code.Notes;

namespace Back2Code.IntegrationTests.Notes;

[Collection(FailureDrills.Name)]
public sealed class PostgresFailureTests(SharedServers servers)
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_PostgreSQL_is_dead_cached_notes_are_served_stale_and_say_so()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var application = await StartAsync(postgres, freshFor: TimeSpan.FromMilliseconds(100));
        using var client = application.AsUser("ada");
        using var eve = application.AsUser("eve");
        var note = await client.CreateNoteAsync("kept");
        await postgres.KillAsync();

        await Eventually.IsTrueAsync(
            async () =>
            {
                var (response, elapsed) = await Timed.Async(() => client.ReadNoteAsync(note.Id));
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                Assert.Equal(note, await response.NoteAsync());
                Assert.True(elapsed < TimeSpan.FromSeconds(1), $"the read took {elapsed}");
                return response.CacheStatus()!.StartsWith("back2code; hit; ttl=-", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(5),
            "the cached note has gone stale and is served");

        // Nobody else gets it, stale or not: without PostgreSQL there is no telling them from nobody.
        using var stolen = await eve.ReadNoteAsync(note.Id);
        await stolen.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "dependency-unavailable");
    }

    [Fact]
    public async Task While_PostgreSQL_is_dead_everything_else_is_refused_in_time_with_a_date_to_come_back()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var application = await StartAsync(postgres);
        using var client = application.AsUser("ada");
        var note = await client.CreateNoteAsync("before");
        await postgres.KillAsync();

        for (int round = 0; round < 5; round++)
        {
            foreach (var request in (Func<Task<HttpResponseMessage>>[])
                [
                    () => client.PostNoteAsync("new"),
                    () => client.ReplaceNoteAsync(note.Id, "new", "", 1),
                    () => client.DeleteNoteAsync(note.Id),
                    () => client.GetAsync("/v1/notes", Cancellation),
                    () => client.ReadNoteAsync(Guid.NewGuid()),
                ])
            {
                var (response, elapsed) = await Timed.Async(request);

                await response.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "dependency-unavailable");
                Assert.InRange(response.Headers.RetryAfter?.Delta ?? default, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
                Assert.True(elapsed < TimeSpan.FromSeconds(1), $"{response.RequestMessage} took {elapsed}");
            }
        }
    }

    [Fact]
    public async Task After_its_return_writes_succeed_in_two_seconds_and_every_acknowledged_one_is_there()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var application = await StartAsync(postgres);
        using var client = application.AsUser("ada");
        ConcurrentDictionary<Guid, NoteView> acknowledged = [];
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task[] writers = [.. Enumerable.Range(0, 4).Select(_ => WriteAsync(client, acknowledged, enough.Token))];

        await Eventually.IsTrueAsync(() => acknowledged.Count > 50, TimeSpan.FromSeconds(20), "writes are under way");
        await postgres.KillAsync();
        int atDeath = acknowledged.Count;
        await postgres.RestartAsync();
        long returned = Stopwatch.GetTimestamp();
        await Eventually.IsTrueAsync(() => acknowledged.Count > atDeath + 50, TimeSpan.FromSeconds(10), "writes succeed again");
        var recovery = Stopwatch.GetElapsedTime(returned);
        await enough.CancelAsync();
        await Task.WhenAll(writers);

        TestContext.Current.TestOutputHelper?.WriteLine($"recovered {recovery.TotalMilliseconds:0} ms after PostgreSQL; {acknowledged.Count} acknowledged");
        Assert.True(recovery < Budget, $"the 50th write after the return came {recovery} after it");
        await Assert.AllAsync(acknowledged.Values, async written =>
        {
            using var response = await client.ReadNoteAsync(written.Id);
            var read = await response.NoteAsync();
            Assert.True(read.Version >= written.Version, $"{written.Id} is at {read.Version}, acknowledged was {written.Version}");
        });
    }

    [Fact]
    public async Task While_PostgreSQL_is_frozen_writes_are_shed_and_cached_reads_keep_their_latency()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var application = await StartAsync(postgres);
        using var client = application.AsUser("ada");
        var note = await client.CreateNoteAsync("cached");

        // Every connection of the pool is open and idle: the freeze meets them in use, which is worse than meeting none.
        await Task.WhenAll(Enumerable.Range(0, 40).Select(n => client.PostNoteAsync($"warm {n}")));
        // What 200 requests at once cost on this machine when nothing is wrong; the service is given its budget on top of that.
        var calm = (await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Timed.Async(() => client.ReadNoteAsync(note.Id))))).Max(answer => answer.Elapsed);
        postgres.Freeze();

        (HttpResponseMessage Response, TimeSpan Elapsed)[] flood;
        List<TimeSpan> reads = [];
        List<TimeSpan> shed = [];
        try
        {
            var flooding = Task.WhenAll(Enumerable.Range(0, 200).Select(n => Timed.Async(() => client.PostNoteAsync($"flood {n}"))));
            for (int n = 0; n < 50; n++)
            {
                var (read, elapsed) = await Timed.Async(() => client.ReadNoteAsync(note.Id));
                Assert.Equal(HttpStatusCode.OK, read.StatusCode);
                reads.Add(elapsed);
            }

            for (int n = 0; n < 10; n++)
            {
                var (refused, elapsed) = await Timed.Async(() => client.PostNoteAsync($"late {n}"));
                await refused.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "dependency-unavailable");
                shed.Add(elapsed);
            }

            flood = await flooding;
        }
        finally
        {
            postgres.Thaw();
        }

        TimeSpan slowest = flood.Max(answer => answer.Elapsed);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"reads: median {Median(reads).TotalMilliseconds:0.0} ms, worst {reads.Max().TotalMilliseconds:0} ms; shed: worst {shed.Max().TotalMilliseconds:0} ms; flood: worst {slowest.TotalMilliseconds:0} ms, without the freeze {calm.TotalMilliseconds:0} ms");
        Assert.All(flood, answer => Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Response.StatusCode));

        Assert.True(slowest < Budget + calm, $"a request hung for {slowest}; 200 at once took up to {calm} without the freeze");
        Assert.True(shed.Max() < TimeSpan.FromSeconds(1), $"shedding took {shed.Max()}");
        Assert.True(Median(reads) < TimeSpan.FromMilliseconds(100), $"cached reads took {Median(reads)}");

        var (_, took) = await Timed.Async(() => Eventually.IsTrueAsync(
            async () => (await client.PostNoteAsync("after")).IsSuccessStatusCode, TimeSpan.FromSeconds(10), "writes succeed again"));
        Assert.True(took < Budget, $"recovery took {took}");
    }

    [Fact]
    public async Task A_service_that_starts_before_PostgreSQL_becomes_ready_when_it_comes()
    {
        await using var postgres = await PostgresServer.StartAsync();
        string database = await postgres.CreateDatabaseAsync("notes");
        await postgres.KillAsync();

        var starting = NotesApplication.StartAsync(database, await servers.RedisAsync());
        Assert.False(starting.IsCompleted);
        await postgres.RestartAsync();

        await using var application = await starting;
        using var client = application.AsUser("ada");
        await client.CreateNoteAsync("first");
    }

    private static TimeSpan Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2);

    /// <summary>Creates notes and replaces them, and records what was acknowledged. A refusal is allowed; a wrong answer is not.</summary>
    private static async Task WriteAsync(HttpClient client, ConcurrentDictionary<Guid, NoteView> acknowledged, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            using var created = await client.PostNoteAsync("written");
            if (!await IsAcknowledgedAsync(created, HttpStatusCode.Created, acknowledged))
            {
                continue;
            }

            var note = await created.NoteAsync();
            using var replaced = await client.ReplaceNoteAsync(note.Id, "replaced", "", note.Version);
            await IsAcknowledgedAsync(replaced, HttpStatusCode.OK, acknowledged);
        }
    }

    private static async Task<bool> IsAcknowledgedAsync(HttpResponseMessage response, HttpStatusCode success, ConcurrentDictionary<Guid, NoteView> acknowledged)
    {
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            return false;
        }

        Assert.Equal(success, response.StatusCode);
        var note = await response.NoteAsync();
        acknowledged[note.Id] = note;
        return true;
    }

    private async Task<NotesApplication> StartAsync(PostgresServer postgres, TimeSpan? freshFor = null) =>
        await NotesApplication.StartAsync(await postgres.CreateDatabaseAsync("notes"), await servers.RedisAsync(), freshFor: freshFor);
}
