using System.Diagnostics;
using System.Globalization;
using System.Net;
using Back2Code.Data;
using Back2Code.IntegrationTests.ServiceDefaults;
using Back2Code.IntegrationTests.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Back2Code.IntegrationTests.Edge;

public sealed class RateLimitTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Beyond_the_limit_the_answer_is_429_and_says_when_to_come_back()
    {
        await using var service = await StartAsync(null, Unique(), ("UserPerSecond", "0.5"), ("UserBurst", "2"));

        using var first = await GetAsync(service);
        await GetAsync(service);
        using var refused = await GetAsync(service);

        Assert.Equal("\"client\";q=4000;w=2, \"user\";q=2;w=4", Field(first, "RateLimit-Policy"));
        Assert.Equal("\"client\";r=3999;t=1, \"user\";r=1;t=2", Field(first, "RateLimit"));
        Assert.StartsWith("\"client\";r=", Field(refused, "RateLimit"), StringComparison.Ordinal);
        Assert.EndsWith("\"user\";r=0;t=4", Field(refused, "RateLimit"), StringComparison.Ordinal);
        var problem = await Problem.ReadAsync(refused);
        Assert.Equal((429, "too-many-requests"), (problem.Status, problem.Type));
        Assert.Equal("More requests than this user may send: 2 at once and 0.5 a second. Try again in 2 s.", problem.Detail);
        Assert.Equal(TimeSpan.FromSeconds(2), refused.Headers.RetryAfter?.Delta);
        Assert.Contains("\"violated-policies\":[\"user\"]", await refused.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_users_limit_is_not_anothers()
    {
        await using var service = await StartAsync(null, Unique(), ("UserPerSecond", "0.1"), ("UserBurst", "1"));

        await GetAsync(service);
        using var again = await GetAsync(service);
        using var other = await GetAsync(service, "grace");

        Assert.Equal((HttpStatusCode.TooManyRequests, HttpStatusCode.OK), (again.StatusCode, other.StatusCode));
    }

    [Fact]
    public async Task An_address_is_limited_whoever_it_claims_to_be_and_whatever_it_asks_for()
    {
        await using var service = await StartAsync(null, Unique(), ("ClientPerSecond", "0.1"), ("ClientBurst", "3"));

        HttpStatusCode[] answers =
        [
            (await GetAsync(service)).StatusCode,
            (await service.Client.GetAsync("/nowhere", Cancellation)).StatusCode,
            (await service.Client.SendAsync(service.Authorized(HttpMethod.Get, "/me", "forged"), Cancellation)).StatusCode,
            (await GetAsync(service, "grace")).StatusCode,
        ];

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests], answers);
    }

    [Fact]
    public async Task Behind_a_proxy_the_address_that_it_saw_counts_and_not_what_was_written_before()
    {
        await using var service = await StartAsync(null, Unique(), ("ClientPerSecond", "0.1"), ("ClientBurst", "1"), ("TrustedProxies", "1"));

        HttpStatusCode[] answers =
        [
            await FromAsync("198.51.100.7"),
            await FromAsync("203.0.113.1, 198.51.100.7"),
            await FromAsync("198.51.100.8"),
        ];

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.OK], answers);

        async Task<HttpStatusCode> FromAsync(string forwarded)
        {
            using var request = service.Authorized(HttpMethod.Get, "/me");
            request.Headers.Add("X-Forwarded-For", forwarded);
            return (await service.Client.SendAsync(request, Cancellation)).StatusCode;
        }
    }

    [Fact]
    public async Task Probes_and_scrapers_are_never_limited()
    {
        await using var service = await StartAsync(null, Unique(), ("ClientPerSecond", "0.1"), ("ClientBurst", "1"));
        await GetAsync(service);

        foreach (string path in (string[])["/health/live", "/health/ready", "/metrics", "/slo"])
        {
            using var answer = await service.Client.GetAsync(path, Cancellation);

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.False(answer.Headers.Contains("RateLimit"), path);
        }
    }

    [Fact]
    public async Task Replicas_share_one_bucket_and_parallel_requests_never_get_more_than_it_holds()
    {
        var redis = await servers.RedisAsync();
        string name = Unique();
        await using var one = await StartAsync(redis, name, ("UserPerSecond", "0.1"), ("UserBurst", "50"));
        await using var two = await StartAsync(redis, name, ("UserPerSecond", "0.1"), ("UserBurst", "50"));
        await UntilSharedAsync(one);
        await UntilSharedAsync(two);

        // A flood may take longer than a decision may, and what is then decided by one process alone is what the other test is about: in waves of twenty.
        int allowed = 0;
        for (int wave = 0; wave < 10; wave++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => GetAsync(i % 2 == 0 ? one : two)));
            allowed += answers.Count(answer => answer.IsSuccessStatusCode);
        }

        Assert.Equal(50, allowed);
        Assert.Contains("source=\"shared\"", await MetricsAsync(one), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_hundred_takes_at_once_get_exactly_what_the_bucket_holds()
    {
        var redis = await servers.RedisAsync();
        await using var host = await Data.TestHost.StartAsync(static builder => builder.AddRedis(), ("Redis", redis.ConnectionString));
        await host.Redis.WaitUntilConnectedAsync(Cancellation);
        var buckets = new RedisBuckets(host.Redis);
        Back2Code.Resilience.BucketDraw[] draws = [new(Unique(), new(0.1, 1000)), new(Unique(), new(0.1, 70))];

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => buckets.TakeAsync(draws, Cancellation).AsTask()));
        var after = await buckets.TakeAsync([draws[0]], Cancellation);

        // The refused ones took nothing from the larger bucket either: 70, and the one just now.
        Assert.Equal(70, answers.Count(answer => answer.Allowed));
        Assert.InRange(after.MicrosecondsUntilFull[0], 71 * 1e7 - 5e6, 71 * 1e7);
    }

    [Fact]
    public async Task A_bucket_in_Redis_fills_at_its_rate_and_is_gone_when_it_is_full()
    {
        var redis = await servers.RedisAsync();
        await using var host = await Data.TestHost.StartAsync(static builder => builder.AddRedis(), ("Redis", redis.ConnectionString));
        await host.Redis.WaitUntilConnectedAsync(Cancellation);
        var buckets = new RedisBuckets(host.Redis);
        Back2Code.Resilience.BucketDraw[] draw = [new(Unique(), new(10, 2))];

        bool[] drained = [(await buckets.TakeAsync(draw, Cancellation)).Allowed, (await buckets.TakeAsync(draw, Cancellation)).Allowed, (await buckets.TakeAsync(draw, Cancellation)).Allowed];
        var took = await Eventually.IsTrueAsync(async () => (await buckets.TakeAsync(draw, Cancellation)).Allowed, TimeSpan.FromSeconds(5), "a token has flowed in");

        Assert.Equal([true, true, false], drained);
        Assert.InRange(took.TotalMilliseconds, 50, 5_000);
        await Eventually.IsTrueAsync(async () => await host.Redis.GetAsync("limit:" + draw[0].Key, Cancellation) is null, TimeSpan.FromSeconds(5), "the key has expired");
    }

    [Fact]
    public async Task When_Redis_dies_each_replica_counts_for_itself_and_when_it_returns_they_count_together_again()
    {
        await using var redis = await RedisServer.StartAsync();
        string name = Unique();
        await using var one = await StartAsync(redis, name, ("UserPerSecond", "0.1"), ("UserBurst", "3"));
        await using var two = await StartAsync(redis, name, ("UserPerSecond", "0.1"), ("UserBurst", "3"));
        await UntilSharedAsync(one);
        await UntilSharedAsync(two);
        Assert.Equal(3, await AllowedAsync(one, "ada", 2) + await AllowedAsync(two, "ada", 2));

        await redis.KillAsync();
        long start = Stopwatch.GetTimestamp();
        int[] alone = [await AllowedAsync(one, "ada", 6), await AllowedAsync(two, "ada", 6)];
        var took = Stopwatch.GetElapsedTime(start);
        await redis.RestartAsync();
        await UntilSharedAsync(one);
        await UntilSharedAsync(two);

        Assert.Equal([3, 3], alone);
        Assert.True(took < TimeSpan.FromSeconds(3), $"twelve requests took {took}");
        Assert.Equal(3, await AllowedAsync(one, "grace", 2) + await AllowedAsync(two, "grace", 2));
        Assert.Contains("back2code_ratelimit_fallbacks_total", await MetricsAsync(one), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Redis_that_hangs_costs_a_few_requests_a_little_and_the_others_nothing()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var service = await StartAsync(redis, Unique());
        await UntilSharedAsync(service);

        redis.Freeze();
        List<double> milliseconds = [];
        for (int i = 0; i < 20; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using var answer = await GetAsync(service);
            milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        redis.Thaw();
        Assert.True(milliseconds.Count(ms => ms >= 49) is >= 1 and <= 8, string.Join(' ', milliseconds.Select(ms => ms.ToString("0", CultureInfo.InvariantCulture))));
        Assert.True(milliseconds.Max() < 1_000, $"{milliseconds.Max()} ms");
    }

    [Fact]
    public async Task Limits_that_are_none_end_the_start_and_are_all_named()
    {
        var e = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(null, Unique(), ("UserBurst", "0"), ("ClientPerSecond", "-1"), ("DecideWithin", "00:01:00")));

        Assert.All((string[])["UserBurst", "ClientPerSecond", "DecideWithin"], name => Assert.Contains(name, e.ToString(), StringComparison.Ordinal));
    }

    private static string Unique() => "limits-" + Guid.NewGuid().ToString("N")[..8];

    private static Task<TestService> StartAsync(RedisServer? redis, string name, params (string Name, string Value)[] limits) => TestService.StartAsync(
        builder =>
        {
            if (redis is not null)
            {
                builder.AddRedis(options => options.ConnectionString = redis.ConnectionString);
            }
        },
        static app => app.MapGet("/open", () => Results.Ok()).AllowAnonymous(),
        [new("Service:Name", name), .. limits.Select(limit => KeyValuePair.Create<string, string?>($"RateLimits:{limit.Name}", limit.Value))]);

    private static async Task<HttpResponseMessage> GetAsync(TestService service, string user = "ada")
    {
        using var request = service.Authorized(HttpMethod.Get, "/me", service.Token(user));
        return await service.Client.SendAsync(request, Cancellation);
    }

    private static async Task<int> AllowedAsync(TestService service, string user, int requests)
    {
        int allowed = 0;
        for (int i = 0; i < requests; i++)
        {
            using var answer = await GetAsync(service, user);
            allowed += answer.IsSuccessStatusCode ? 1 : 0;
        }

        return allowed;
    }

    /// <summary>Asks, as somebody else, until a decision is one of Redis.</summary>
    private static async Task UntilSharedAsync(TestService service)
    {
        double before = await SharedAsync();
        await Eventually.IsTrueAsync(
            async () =>
            {
                await service.Client.GetAsync("/open", Cancellation);
                return await SharedAsync() > before;
            },
            TimeSpan.FromSeconds(15),
            "decisions are shared");

        async Task<double> SharedAsync() => (await MetricsAsync(service)).Split('\n')
            .Where(line => line.StartsWith("back2code_ratelimit_decisions_total{", StringComparison.Ordinal) && line.Contains("source=\"shared\"", StringComparison.Ordinal))
            .Sum(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }

    private static Task<string> MetricsAsync(TestService service) => service.Client.GetStringAsync("/metrics", Cancellation);

    private static string Field(HttpResponseMessage answer, string name) => string.Join(", ", answer.Headers.GetValues(name));
}
