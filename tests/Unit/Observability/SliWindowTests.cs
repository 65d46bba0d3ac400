using System.Diagnostics.Metrics;
using Back2Code.Observability;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.UnitTests.Observability;

public sealed class SliWindowTests
{
    private const double Millisecond = 0.001;

    [Fact]
    public void Nothing_recorded_is_no_evidence_and_not_success() =>
        Assert.Equal(new SliSnapshot(10_000, 0, null, null, null, null, null), new SliWindow().Read());

    [Fact]
    public void One_request_is_every_percentile()
    {
        var window = new SliWindow();

        window.Record(42 * Millisecond, failed: false);

        Assert.Equal(new SliSnapshot(10_000, 1, 1, 0, 42, 42, 42), window.Read());
    }

    [Fact]
    public void Availability_and_error_rate_share_all_requests()
    {
        var window = new SliWindow();
        for (int i = 0; i < 200; i++)
        {
            window.Record(Millisecond, failed: i % 8 == 0);
        }

        var read = window.Read();

        Assert.Equal((200, 0.875, 0.125), (read.Requests, read.Availability, read.ErrorRate));
    }

    [Fact]
    public void The_oldest_request_gives_way_to_the_10_001st()
    {
        var window = new SliWindow();
        window.Record(1, failed: true);
        for (int i = 0; i < SliWindow.Capacity; i++)
        {
            window.Record(Millisecond, failed: false);
        }

        var read = window.Read();

        Assert.Equal((SliWindow.Capacity, 0d, 1d), (read.Requests, read.ErrorRate, read.P99Ms));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(double.NaN, 0)]
    [InlineData(double.NegativeInfinity, 0)]
    [InlineData(double.PositiveInfinity, 230_584_300_921_369.4)]
    public void A_duration_that_cannot_be_is_cut_to_what_can(double seconds, double expectedMs)
    {
        var window = new SliWindow();

        window.Record(seconds, failed: true);

        var read = window.Read();
        Assert.Equal((expectedMs, 1d), (Math.Round(read.P50Ms!.Value, 1), read.ErrorRate));
    }

    [Fact]
    public void Percentiles_are_those_of_the_sorted_list() =>
        Prop.ForAll(
            Gen.ArrayOf(Gen.Zip(Gen.Choose(0, 2_000_000), ArbMap.Default.GeneratorFor<bool>())).ToArbitrary(),
            requests =>
            {
                var window = new SliWindow();
                foreach (var (microseconds, failed) in requests)
                {
                    window.Record(microseconds / 1e6, failed);
                }

                var read = window.Read();
                double[] sorted = [.. requests.Select(r => r.Item1 / 1e3).Order()];
                return requests.Length == 0
                    ? read.P95Ms is null
                    : Close(read.P50Ms, NearestRank(sorted, 0.50m)) && Close(read.P95Ms, NearestRank(sorted, 0.95m)) && Close(read.P99Ms, NearestRank(sorted, 0.99m))
                        && read.ErrorRate == requests.Count(r => r.Item2) / (double)requests.Length;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Percentiles_never_fall_from_the_50th_to_the_99th_and_lie_between_shortest_and_longest() =>
        Prop.ForAll(
            Gen.NonEmptyListOf(Gen.Choose(0, 10_000_000)).ToArbitrary(),
            microseconds =>
            {
                var window = new SliWindow();
                foreach (int duration in microseconds)
                {
                    window.Record(duration / 1e6, failed: false);
                }

                var read = window.Read();
                return microseconds.Min() / 1e3 <= read.P50Ms + 1e-3 && read.P50Ms <= read.P95Ms && read.P95Ms <= read.P99Ms && read.P99Ms <= (microseconds.Max() / 1e3) + 1e-3;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Many_writers_and_a_reader_never_see_a_request_that_nobody_recorded()
    {
        const int Writers = 4;
        const int Rounds = 300_000;
        var window = new SliWindow();

        // All bits of a duration differ between two neighbours, and each goes with one outcome: half of one and half of the other would show.
        static (double Seconds, long Ticks, bool Failed) Kind(int writer) => writer % 2 == 0 ? (0, 0, false) : (double.PositiveInfinity, long.MaxValue >> 2, true);
        var writers = Enumerable.Range(0, Writers).Select(w => Task.Run(() =>
        {
            var kind = Kind(w);
            for (int i = 0; i < Rounds; i++)
            {
                window.Record(kind.Seconds, kind.Failed);
            }
        })).ToArray();

        long[] slots = new long[SliWindow.Capacity];
        int lastCount = 0;
        int reads = 0;
        do
        {
            int count = window.CopyTo(slots);
            Assert.True(count >= lastCount, "A slot that was written is never empty again.");
            lastCount = count;
            Assert.All(slots.AsSpan(0, count).ToArray().Distinct().Select(SliWindow.Decode), request =>
                Assert.Contains(request, new[] { (Kind(0).Ticks, Kind(0).Failed), (Kind(1).Ticks, Kind(1).Failed) }));
            reads++;
        }
        while (!writers.All(w => w.IsCompleted));

        await Task.WhenAll(writers);
        Assert.True(reads > 1);
        Assert.Equal(SliWindow.Capacity, window.Read().Requests);
    }

    [Fact]
    public async Task No_request_of_concurrent_writers_is_lost_while_the_window_has_room()
    {
        var window = new SliWindow();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(w => Task.Run(() =>
        {
            for (int i = 0; i < 2_500; i++)
            {
                window.Record(((w * 2_500) + i) * Millisecond, failed: i % 10 == 0);
            }
        })));

        long[] slots = new long[SliWindow.Capacity];
        int count = window.CopyTo(slots);
        Assert.Equal(Enumerable.Range(0, 10_000), slots.Take(count).Select(s => (int)Math.Round(SliWindow.Decode(s).Ticks / 1e4)).Order());
        Assert.Equal(0.1, window.Read().ErrorRate);
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var window = new SliWindow();
        using var recorder = new SliRecorder(window, meters);
        var duration = meters.Create("Microsoft.AspNetCore.Hosting").CreateHistogram<double>("http.server.request.duration", "s");
        object status = 200;
        Measure();

        long before = GC.GetAllocatedBytesForCurrentThread();
        Measure();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2_000, window.Read().Requests);

        void Measure()
        {
            for (int i = 0; i < 1_000; i++)
            {
                duration.Record(0.003, new("url.scheme", "http"), new("http.request.method", "GET"), new("http.response.status_code", status));
            }
        }
    }

    [Fact]
    public void Requests_of_another_host_in_the_same_process_are_not_counted()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var others = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var window = new SliWindow();
        using var recorder = new SliRecorder(window, services.GetRequiredService<IMeterFactory>());

        others.GetRequiredService<IMeterFactory>().Create("Microsoft.AspNetCore.Hosting").CreateHistogram<double>("http.server.request.duration", "s").Record(1);

        Assert.Equal(0, window.Read().Requests);
    }

    private static bool Close(double? actual, double expected) => Math.Abs(actual!.Value - expected) <= 1e-3;

    /// <summary>By definition: the first that at least this share does not exceed.</summary>
    private static double NearestRank(double[] sorted, decimal share) =>
        sorted[Enumerable.Range(1, sorted.Length).First(rank => rank >= share * sorted.Length) - 1];
}
