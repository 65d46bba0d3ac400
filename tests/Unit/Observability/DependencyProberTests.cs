using System.Diagnostics.Metrics;
using Back2Code.Observability;
using Back2Code.Resilience;
using Back2Code.UnitTests.Resilience;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Observability;

public sealed class DependencyProberTests : IDisposable
{
    private readonly ServiceProvider _provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ManualTime _time = new();

    public void Dispose() => _provider.Dispose();

    [Fact]
    public async Task Before_the_first_answer_a_dependency_is_down()
    {
        using var prober = Create(new Probe("db", _ => ValueTask.CompletedTask));
        var before = prober.Dependencies[0].Current;

        await prober.ProbeOnceAsync(CancellationToken.None);

        Assert.Equal((false, true), (before.Up, prober.Dependencies[0].Current.Up));
        Assert.Equal("not asked yet", before.Detail);
    }

    [Fact]
    public async Task An_exception_is_down_and_its_first_line_the_detail()
    {
        using var prober = Create(new Probe("db", _ => throw new IOException("refused\n  at some place")));

        await prober.ProbeOnceAsync(CancellationToken.None);

        Assert.Equal((false, "refused"), prober.Dependencies[0].Current);
    }

    [Fact]
    public async Task No_answer_within_the_time_out_is_down()
    {
        using var prober = Create(new Probe("db", async token => await Task.Delay(Timeout.Infinite, token)));

        var probe = prober.ProbeOnceAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(1));
        await probe.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal((false, "no answer within 1 s"), prober.Dependencies[0].Current);
    }

    [Fact]
    public async Task A_probe_that_ignores_its_token_is_down_and_never_started_twice()
    {
        var started = 0;
        var never = new TaskCompletionSource();
        using var prober = Create(new Probe("db", async _ =>
        {
            started++;
            await never.Task;
        }));

        var first = prober.ProbeOnceAsync(CancellationToken.None);
        await UntilAsync(() => Volatile.Read(ref started) == 1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await first.WaitAsync(TimeSpan.FromSeconds(10));
        await prober.ProbeOnceAsync(CancellationToken.None);

        Assert.Equal((1, false), (started, prober.Dependencies[0].Current.Up));
        never.SetResult();
    }

    [Fact]
    public async Task A_good_answer_does_not_stay_good_without_a_new_one()
    {
        using var prober = Create(new Probe("db", _ => ValueTask.CompletedTask));
        await prober.ProbeOnceAsync(CancellationToken.None);
        var fresh = Gauge(prober);

        _time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal((1, 0), (fresh, Gauge(prober)));
    }

    [Fact]
    public async Task One_dead_dependency_does_not_hide_the_others()
    {
        using var prober = Create(
            new Probe("dead", async token => await Task.Delay(Timeout.Infinite, token)),
            new Probe("alive", _ => ValueTask.CompletedTask));

        var probe = prober.ProbeOnceAsync(CancellationToken.None);
        await UntilAsync(() => prober.Dependencies[1].Current.Up);
        _time.Advance(TimeSpan.FromSeconds(1));
        await probe.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal([false, true], prober.Dependencies.Select(d => d.Current.Up));
    }

    [Fact]
    public async Task It_asks_again_every_interval_until_stopped()
    {
        var asked = 0;
        using var prober = Create(new Probe("db", _ =>
        {
            Interlocked.Increment(ref asked);
            return ValueTask.CompletedTask;
        }));
        await prober.StartAsync(CancellationToken.None);

        var enough = UntilAsync(() => Volatile.Read(ref asked) >= 4);
        await _time.RunAsync(enough, TimeSpan.FromMilliseconds(500));
        await prober.StopAsync(CancellationToken.None);
        var afterStop = Volatile.Read(ref asked);
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(afterStop, Volatile.Read(ref asked));
    }

    [Fact]
    public void A_name_registered_twice_is_probed_once()
    {
        using var prober = Create(new Probe("db", _ => ValueTask.CompletedTask), new Probe("db", _ => throw new IOException()));

        Assert.Single(prober.Dependencies);
    }

    private DependencyProber Create(params IDependencyProbe[] probes) =>
        new(probes, Options.Create(new ObservabilityOptions()), _time, _provider.GetRequiredService<IMeterFactory>(), NullLogger<DependencyProber>.Instance);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
        {
            bound.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private int Gauge(DependencyProber prober)
    {
        var value = -1;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "back2code.dependency.up" && ReferenceEquals(instrument.Meter.Scope, _provider.GetRequiredService<IMeterFactory>()))
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((_, measured, _, _) => value = measured);
        listener.Start();
        listener.RecordObservableInstruments();
        GC.KeepAlive(prober);
        return value;
    }

    private sealed class Probe(string name, Func<CancellationToken, ValueTask> check) : IDependencyProbe
    {
        public string Name => name;

        public ValueTask CheckAsync(CancellationToken cancellationToken) => check(cancellationToken);
    }
}
