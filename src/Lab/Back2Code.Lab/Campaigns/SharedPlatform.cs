using Back2Code.Lab.Drills;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Campaigns;

/// <summary>
/// The platform on which several drills are run one after the other. It stays up between them, is healed and waited for, and is started again when it does not
/// become well, or when the next run wants another environment; both only if it was started here.
/// </summary>
internal sealed class SharedPlatform(PlatformOptions options, CommandLine cli, TimeProvider clock) : IAsyncDisposable
{
    // Longer than the longest short window of a burn-rate alert in the lab (30 s) and Alertmanager's repeats.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    private Platform? _platform;
    private PlatformOptions _options = options;

    /// <summary>With which each drill is to be run; it finds the platform on its state folder.</summary>
    public PlatformOptions Options => _options;

    /// <summary>Whether it was found running: then it is left running, and its environment cannot be changed.</summary>
    public bool IsForeign => _platform is { Owned: false };

    /// <exception cref="LabException">It cannot start.</exception>
    public async Task StartAsync(IProgress<PlatformProgress>? progress, CancellationToken cancellationToken) =>
        _platform = await Platform.StartOrAttachAsync(_options, progress, cancellationToken);

    /// <summary>A fresh platform with another environment.</summary>
    /// <exception cref="LabException">It cannot start, or it is not ours to stop.</exception>
    public async Task RestartAsync(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> environment, IProgress<PlatformProgress>? progress, CancellationToken cancellationToken)
    {
        if (!IsForeign)
        {
            await StopAsync();
            _options = _options with { Environment = environment };
            await StartAsync(progress, cancellationToken);
        }

        if (IsForeign)
        {
            throw new LabException($"A platform runs on {_options.EffectiveStateDirectory} already, and a changed environment needs one of its own. Stop it with `back2code down`, or name another with --state DIR --port-base auto.");
        }
    }

    /// <summary>A platform of this time scale; one that was found running keeps its own, and a drill that needs another says so.</summary>
    /// <exception cref="LabException">It cannot start.</exception>
    public async Task ScaleAsync(decimal timeScale, IProgress<PlatformProgress>? progress, CancellationToken cancellationToken)
    {
        if (!IsForeign && _options.TimeScale != timeScale)
        {
            await StopAsync();
            _options = _options with { TimeScale = timeScale };
            await StartAsync(progress, cancellationToken);
        }
    }

    /// <summary>Undoes what is left, and waits until every process is ready and nothing fires.</summary>
    /// <returns>Null when all is well; else what is not, after having waited, and after a restart if that was possible.</returns>
    public async Task<string?> SettleAsync(Action<string> say, CancellationToken cancellationToken)
    {
        var trouble = await WaitAsync(say, cancellationToken);
        if (trouble is null || IsForeign)
        {
            return trouble;
        }

        say($"starting the platform again: {trouble}");
        await RestartAsync(_options.Environment, null, cancellationToken);
        return await WaitAsync(say, cancellationToken) is { } still ? $"{still}, also after the platform was started again" : $"the platform was started again, because {trouble}";
    }

    /// <summary>Names of all alert rules that Prometheus knows.</summary>
    public async Task<IReadOnlyList<string>> ListAlertRulesAsync(CancellationToken cancellationToken)
    {
        var status = await _platform!.Client.GetStatusAsync(cancellationToken);
        return status.Endpoints.Prometheus is { } url ? await AlertRules.ListAsync(url, cancellationToken) : [];
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task StopAsync()
    {
        if (_platform is { } platform)
        {
            _platform = null;
            await platform.DisposeAsync();
        }
    }

    private async Task<string?> WaitAsync(Action<string> say, CancellationToken cancellationToken)
    {
        var deadline = clock.GetUtcNow() + Patience;
        string? trouble = null;
        do
        {
            try
            {
                using var seen = await LabDrillPlatform.ConnectAsync(_platform!, cli, DrillSession.AvailabilityObjective(_options.Home), clock, cancellationToken);
                trouble = (await seen.HealAsync(cancellationToken)).Failed is { Count: > 0 } left ? $"not undone: {string.Join("; ", left)}"
                    : await seen.ListUnreadyAsync(cancellationToken) is { Count: > 0 } unready ? $"not ready: {string.Join(", ", unready)}"
                    : await seen.ListFiringAsync(cancellationToken) is { Count: > 0 } firing ? $"still firing: {string.Join(", ", firing)}"
                    : null;
                if (trouble is null)
                {
                    return null;
                }
            }
            catch (Exception e) when (e is HttpRequestException or System.Text.Json.JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                trouble = e.Message;
            }

            say(trouble);
            await Task.Delay(Poll, clock, cancellationToken);
        }
        while (clock.GetUtcNow() < deadline);
        return trouble;
    }
}
