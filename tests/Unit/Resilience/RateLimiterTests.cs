using System.Diagnostics.Metrics;
using Back2Code.Resilience;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Back2Code.UnitTests.Resilience;

public sealed class RateLimiterTests : IDisposable
{
    private static readonly BucketDraw[] Draw = [new("a", new(1, 2))];

    private readonly ManualTime _time = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Shared_buckets_decide_while_they_answer()
    {
        var shared = new ScriptedBuckets { Answer = () => new BucketAnswer(false, [2e6]) };

        var decision = await Limiter(shared).TakeAsync(Draw);

        Assert.False(decision.Allowed);
        Assert.Equal(new BucketLevel(0, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)), decision.Levels.Single());
    }

    [Fact]
    public async Task When_they_fail_this_process_counts_for_itself()
    {
        var limiter = Limiter(new ScriptedBuckets { Answer = () => throw new InvalidOperationException("OOM command not allowed") });

        bool[] allowed = [await TakeAsync(limiter), await TakeAsync(limiter), await TakeAsync(limiter)];

        Assert.Equal([true, true, false], allowed);
    }

    [Fact]
    public async Task After_three_failures_they_are_left_alone_and_then_tried_by_one_request()
    {
        var shared = new ScriptedBuckets { Answer = () => throw new InvalidOperationException("gone") };
        var limiter = Limiter(shared);
        for (int i = 0; i < 10; i++)
        {
            await TakeAsync(limiter);
        }

        int asked = shared.Asked;
        _time.Advance(TimeSpan.FromSeconds(1));
        await TakeAsync(limiter);
        await TakeAsync(limiter);
        int tried = shared.Asked - asked;
        shared.Answer = () => new BucketAnswer(true, [0]);
        _time.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 5; i++)
        {
            Assert.True(await TakeAsync(limiter));
        }

        Assert.Equal((3, 1), (asked, tried));
        Assert.Equal(9, shared.Asked);
    }

    [Fact]
    public async Task A_decision_takes_no_longer_than_it_may()
    {
        var limiter = Limiter(new ScriptedBuckets { Hangs = true });

        var decision = limiter.TakeAsync(Draw).AsTask();
        Assert.False(decision.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(50));

        Assert.True((await decision.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)).Allowed);
    }

    [Fact]
    public async Task Decisions_and_fallbacks_are_counted()
    {
        List<string> counted = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name.StartsWith("back2code.ratelimit.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Meter.Scope == _services.GetRequiredService<IMeterFactory>())
            {
                counted.Add($"{instrument.Name.Split('.')[^1]} {string.Join(' ', tags.ToArray().Select(tag => tag.Value))}");
            }
        });
        listener.Start();
        var shared = new ScriptedBuckets { Answer = () => new BucketAnswer(true, [0]) };
        var limiter = Limiter(shared);

        await TakeAsync(limiter);
        shared.Answer = () => throw new DependencyUnavailableException("redis", DependencyUnavailableReason.Failed, TimeSpan.FromSeconds(1));
        await TakeAsync(limiter);
        await TakeAsync(limiter);
        await TakeAsync(limiter);

        Assert.Equal(
            ["decisions allowed shared", "fallbacks unavailable", "decisions allowed process", "fallbacks unavailable", "decisions allowed process", "fallbacks unavailable", "decisions limited process"],
            counted);
    }

    private RateLimiter Limiter(ISharedBuckets? shared) =>
        new(new RateLimiterOptions(), shared, _time, _services.GetRequiredService<IMeterFactory>(), NullLogger<RateLimiter>.Instance);

    private static async Task<bool> TakeAsync(RateLimiter limiter) => (await limiter.TakeAsync(Draw)).Allowed;

    private sealed class ScriptedBuckets : ISharedBuckets
    {
        public Func<BucketAnswer> Answer { get; set; } = () => default;

        public bool Hangs { get; init; }

        public int Asked { get; private set; }

        public async ValueTask<BucketAnswer> TakeAsync(IReadOnlyList<BucketDraw> draws, CancellationToken cancellationToken)
        {
            Asked++;
            if (Hangs)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }

            return Answer();
        }
    }
}
