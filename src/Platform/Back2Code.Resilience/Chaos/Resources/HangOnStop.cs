using Microsoft.Extensions.Hosting;

namespace Back2Code.Resilience;

/// <summary><c>hang-on-stop</c>: asked to stop, the process does not, as one whose shutdown waits for what never comes.</summary>
internal sealed class HangOnStop(string id, DateTimeOffset endsAt) : Disturbance("hang-on-stop", id, endsAt)
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Returns when the disturbance ends.</summary>
    public Task HangAsync()
    {
        CountSeen();
        CountStruck();
        return _over.Task;
    }

    public override void End() => _over.TrySetResult();
}

/// <summary>Where the process hangs: before any service stops, so the listener still answers while nothing moves on.</summary>
internal sealed class HangBeforeStop(ChaosSwitch chaos) : IHostedLifecycleService
{
    /// <summary>The token is left alone on purpose: what hangs does not look at it either.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => chaos.Of<HangOnStop>("hang-on-stop")?.HangAsync() ?? Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Keeps the process from being ready for <see cref="ChaosOptions.StartDelay"/>.</summary>
internal sealed class SlowStart(StartupGate gate, TimeSpan delay, TimeProvider time) : BackgroundService
{
    private readonly StartupPart _part = gate.Register("slow-start");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _part.Report($"takes {delay.TotalSeconds:0.#} s on purpose (Chaos:StartDelay)");
        await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stoppingToken.IsCancellationRequested)
        {
            _part.Complete();
        }
    }
}
