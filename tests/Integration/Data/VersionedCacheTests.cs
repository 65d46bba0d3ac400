using Back2Code.Data;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Resilience;

namespace Back2Code.IntegrationTests.Data;

public sealed class VersionedCacheTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly string _key = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task A_value_is_loaded_once_and_then_hit()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync());
        var source = new Source("first", 1);

        var loaded = await host.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation);
        var hit = await host.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation);

        Assert.Equal((CacheSource.Loaded, "first", 1L), (loaded.Source, loaded.Value!.Text, loaded.Version));
        Assert.Equal((CacheSource.Hit, "first", 1L), (hit.Source, hit.Value!.Text, hit.Version));
        Assert.True(hit.TimeToLive > TimeSpan.Zero);
        Assert.Equal(1, source.Loads);
    }

    [Fact]
    public async Task Freshness_ends_within_its_jitter()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync(), options => options.FreshFor = TimeSpan.FromMilliseconds(100));
        var source = new Source("first", 1);
        var filled = await host.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation);

        await Eventually.IsTrueAsync(
            async () => (await host.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation)).Source == CacheSource.Loaded, TimeSpan.FromSeconds(1), "loaded again");

        Assert.InRange(filled.TimeToLive.TotalMilliseconds, 90, 110);
    }

    [Fact]
    public async Task A_late_fill_never_replaces_a_newer_write_and_answers_with_it()
    {
        await using var reader = await ConnectAsync(await servers.RedisAsync());
        await using var writer = await ConnectAsync(await servers.RedisAsync());
        var source = new Source("old", 1) { Hold = new TaskCompletionSource() };

        var late = reader.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation).AsTask();
        await source.Began;
        await writer.Cache.SetAsync(_key, new Note("new"), 2, Cancellation);
        source.Hold.SetResult();

        Assert.Equal("new", (await late).Value!.Text);
        Assert.Equal("new", (await reader.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation)).Value!.Text);
    }

    [Fact]
    public async Task A_late_fill_does_not_bring_a_removed_value_back()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync());
        var source = new Source("old", 1) { Hold = new TaskCompletionSource() };

        var late = host.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation).AsTask();
        await source.Began;
        await host.Cache.RemoveAsync(_key, 2, Cancellation);
        source.Hold.SetResult();
        await late;

        var after = await host.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation);
        Assert.False(after.Found);
        Assert.Equal(CacheSource.Hit, after.Source);
    }

    [Fact]
    public async Task A_fill_that_began_before_a_flush_is_dropped()
    {
        await using var server = await RedisServer.StartAsync();
        await using var reader = await ConnectAsync(server);
        await using var writer = await ConnectAsync(server);
        var stale = new Source("old", 1) { Hold = new TaskCompletionSource() };
        var current = new Source("new", 2);

        var late = reader.Cache.GetOrLoadAsync(_key, stale.LoadAsync, Cancellation).AsTask();
        await stale.Began;
        await writer.Cache.SetAsync(_key, new Note("new"), 2, Cancellation);
        await writer.Redis.FlushAllAsync(Cancellation);
        stale.Hold.SetResult();
        await late;

        Assert.Equal("new", (await reader.Cache.GetOrLoadAsync(_key, current.LoadAsync, Cancellation)).Value!.Text);
    }

    [Fact]
    public async Task An_older_write_that_comes_late_changes_nothing()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync());
        const long Big = 9_007_199_254_740_993; // 2^53 + 1: as a double it equals 2^53.

        await host.Cache.SetAsync(_key, new Note("newer"), Big, Cancellation);
        await host.Cache.SetAsync(_key, new Note("older"), Big - 1, Cancellation);

        Assert.Equal("newer", (await host.Cache.GetOrLoadAsync(_key, Source.Unavailable, Cancellation)).Value!.Text);
    }

    [Fact]
    public async Task A_stale_value_is_served_when_the_source_is_unavailable_and_says_so()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync(), options => options.FreshFor = TimeSpan.FromMilliseconds(10));
        await host.Cache.SetAsync(_key, new Note("kept"), 1, Cancellation);

        await Eventually.IsTrueAsync(
            async () => (await host.Cache.GetOrLoadAsync(_key, Source.Unavailable, Cancellation)).Source == CacheSource.Stale, TimeSpan.FromSeconds(1), "stale");
        var stale = await host.Cache.GetOrLoadAsync(_key, Source.Unavailable, Cancellation);

        Assert.Equal("kept", stale.Value!.Text);
        Assert.True(stale.TimeToLive < TimeSpan.Zero);
        await Assert.ThrowsAsync<DependencyUnavailableException>(async () => await host.Cache.GetOrLoadAsync(_key + "x", Source.Unavailable, Cancellation));
    }

    [Fact]
    public async Task An_error_of_the_source_itself_is_not_hidden_by_a_stale_value()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync(), options => options.FreshFor = TimeSpan.FromMilliseconds(10));
        await host.Cache.SetAsync(_key, new Note("kept"), 1, Cancellation);
        await Eventually.IsTrueAsync(
            async () => (await host.Cache.GetOrLoadAsync(_key, Source.Unavailable, Cancellation)).Source == CacheSource.Stale, TimeSpan.FromSeconds(1), "stale");

        await Assert.ThrowsAsync<InvalidDataException>(async () =>
            await host.Cache.GetOrLoadAsync<Note>(_key, _ => throw new InvalidDataException(), Cancellation));
    }

    [Fact]
    public async Task A_key_the_source_no_longer_knows_is_not_served_stale()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync(), options => options.FreshFor = TimeSpan.FromMilliseconds(10));
        await host.Cache.SetAsync(_key, new Note("gone"), 1, Cancellation);

        await Eventually.IsTrueAsync(
            async () => !(await host.Cache.GetOrLoadAsync(_key, _ => new ValueTask<Versioned<Note>?>((Versioned<Note>?)null), Cancellation)).Found, TimeSpan.FromSeconds(1), "not found");

        Assert.False((await host.Cache.GetOrLoadAsync(_key, Source.Unavailable, Cancellation)).Found);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Concurrent_misses_of_a_key_are_one_load_with_and_without_Redis(bool redisUp)
    {
        await using var server = await RedisServer.StartAsync();
        await using var host = await ConnectAsync(server);
        if (!redisUp)
        {
            await server.KillAsync();
            await Eventually.IsTrueAsync(() => !host.Redis.IsConnected, TimeSpan.FromSeconds(1), "the loss is noticed");
        }

        var source = new Source("once", 1) { Hold = new TaskCompletionSource() };
        var calls = Enumerable.Range(0, 200).Select(_ => host.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation).AsTask()).ToArray();
        await source.Began;
        source.Hold.SetResult();
        var results = await Task.WhenAll(calls);

        Assert.All(results, result => Assert.Equal("once", result.Value!.Text));
        Assert.Equal(1, source.Loads);
    }

    [Fact]
    public async Task One_caller_that_gives_up_does_not_end_the_load_of_the_others()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync());
        var source = new Source("kept", 1) { Hold = new TaskCompletionSource() };
        using var impatient = new CancellationTokenSource();

        var first = host.Cache.GetOrLoadAsync(_key, source.LoadAsync, impatient.Token).AsTask();
        await source.Began;
        var second = host.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        source.Hold.SetResult();

        Assert.Equal("kept", (await second).Value!.Text);
    }

    [Fact]
    public async Task A_write_that_Redis_missed_is_made_up_for_before_the_next_read()
    {
        await using var server = await RedisServer.StartAsync();
        await using var host = await ConnectAsync(server);
        await host.Cache.SetAsync(_key, new Note("old"), 1, Cancellation);

        await server.KillAsync();
        await host.Cache.SetAsync(_key, new Note("new"), 2, Cancellation);
        await host.Cache.RemoveAsync(_key + "r", 2, Cancellation);
        await server.RestartAsync();
        await host.Redis.WaitUntilConnectedAsync(Cancellation);

        Assert.Equal("new", (await host.Cache.GetOrLoadAsync(_key, new Source("new", 2).LoadAsync, Cancellation)).Value!.Text);
        Assert.False((await host.Cache.GetOrLoadAsync(_key + "r", Source.Unavailable, Cancellation)).Found);
    }

    [Fact]
    public async Task A_write_during_a_freeze_is_made_up_for_after_the_thaw()
    {
        await using var server = await RedisServer.StartAsync();
        await using var host = await ConnectAsync(server);
        await host.Cache.SetAsync(_key, new Note("old"), 1, Cancellation);
        server.Freeze();

        await host.Cache.SetAsync(_key, new Note("new"), 2, Cancellation);
        var duringFreeze = await host.Cache.GetOrLoadAsync(_key, new Source("new", 2).LoadAsync, Cancellation);
        server.Thaw();
        await Eventually.IsTrueAsync(() => host.Redis.IsConnected, TimeSpan.FromSeconds(3), "connected again");

        Assert.Equal("new", duringFreeze.Value!.Text);
        Assert.Equal("new", (await host.Cache.GetOrLoadAsync(_key, new Source("new", 2).LoadAsync, Cancellation)).Value!.Text);
    }

    [Fact]
    public async Task More_missed_writes_than_can_be_remembered_invalidate_everything()
    {
        await using var server = await RedisServer.StartAsync();
        await using var host = await ConnectAsync(server, options => options.MaxPendingInvalidations = 2);
        for (int i = 0; i < 5; i++)
        {
            await host.Cache.SetAsync(_key + i, new Note("old"), 1, Cancellation);
        }

        await server.KillAsync();
        for (int i = 0; i < 4; i++)
        {
            await host.Cache.SetAsync(_key + i, new Note("new"), 2, Cancellation);
        }

        await server.RestartAsync();
        await host.Redis.WaitUntilConnectedAsync(Cancellation);

        for (int i = 0; i < 5; i++)
        {
            var result = await host.Cache.GetOrLoadAsync(_key + i, new Source("new", 2).LoadAsync, Cancellation);
            Assert.Equal((CacheSource.Loaded, "new"), (result.Source, result.Value!.Text));
        }
    }

    [Fact]
    public async Task Redis_flushed_is_only_a_load_more()
    {
        await using var server = await RedisServer.StartAsync();
        await using var host = await ConnectAsync(server);
        var source = new Source("text", 1);
        await host.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation);

        await host.Redis.FlushAllAsync(Cancellation);
        var loaded = await host.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation);
        var hit = await host.Cache.GetOrLoadAsync(_key, source.LoadAsync, Cancellation);

        Assert.Equal([CacheSource.Loaded, CacheSource.Hit], [loaded.Source, hit.Source]);
    }

    private static async Task<TestHost> ConnectAsync(RedisServer server, Action<VersionedCacheOptions>? configure = null)
    {
        var host = await TestHost.StartAsync(builder => builder.AddRedis().AddVersionedCache("notes", configure), ("Redis", server.ConnectionString));
        await host.Redis.WaitUntilConnectedAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(5), Cancellation);
        return host;
    }

    internal sealed record Note(string Text);

    /// <summary>A source that counts its loads and can be held in the middle of one.</summary>
    private sealed class Source(string text, long version)
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _loads;

        public TaskCompletionSource? Hold { get; init; }

        public Task Began => _began.Task.WaitAsync(TimeSpan.FromSeconds(5));

        public int Loads => Volatile.Read(ref _loads);

        public static ValueTask<Versioned<Note>?> Unavailable(CancellationToken cancellationToken) =>
            throw new DependencyUnavailableException("postgres", DependencyUnavailableReason.Failed, TimeSpan.FromSeconds(1));

        public async ValueTask<Versioned<Note>?> LoadAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _loads);
            _began.TrySetResult();
            await (Hold?.Task ?? Task.CompletedTask).WaitAsync(cancellationToken);
            return new Versioned<Note>(new Note(text), version);
        }
    }
}
