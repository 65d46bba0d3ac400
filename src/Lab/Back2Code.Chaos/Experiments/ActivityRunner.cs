using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Providers;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.Chaos.Experiments;

/// <summary>Runs activities. A failed activity is a result, not an exception; only cancellation is thrown.</summary>
public sealed class ActivityRunner : IDisposable
{
    private readonly TimeProvider clock;
    private readonly HttpClient trusting;
    private readonly HttpClient verifying = new(new SocketsHttpHandler(), disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly HttpActivity http;

    public ActivityRunner(TimeProvider clock)
    {
        this.clock = clock;

#pragma warning disable CA5359 // Accepting any certificate is what the author of 'verify_tls: false' asked for; no other activity uses this client.
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        trusting = new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        http = new HttpActivity(trusting, verifying);
    }

    public Task<ActivityResult> RunAsync(Activity activity, ExperimentScope scope, CancellationToken cancellationToken)
    {
        var result = Begin(activity);
        return CompleteAsync(activity, result, scope, cancellationToken);
    }

    /// <summary>The entry for an activity that starts now, so that a background activity keeps its place in the journal.</summary>
    internal ActivityResult Begin(Activity activity) => new((JsonObject)activity.Source.DeepClone(), clock.GetUtcNow());

    internal async Task<ActivityResult> CompleteAsync(Activity activity, ActivityResult result, ExperimentScope scope, CancellationToken cancellationToken)
    {
        var values = scope.For(activity.Provider);
        await PauseAsync(activity.PauseBefore, values, cancellationToken);
        try
        {
            var output = await ExecuteAsync(activity.Provider, values, cancellationToken);
            result.Succeed(clock.GetUtcNow(), output);
        }
        catch (ActivityFailedException e)
        {
            result.Fail(clock.GetUtcNow(), e.Message);
        }

        // The end is taken when the work is done; the pause after it is not part of its duration.
        await PauseAsync(activity.PauseAfter, values, cancellationToken);
        return result;
    }

    /// <summary>Runs a hypothesis probe and judges its output. A probe that fails has no tolerance met.</summary>
    internal async Task<ActivityResult> ProbeAsync(Activity probe, ExperimentScope scope, CancellationToken cancellationToken)
    {
        var result = await RunAsync(probe, scope, cancellationToken);
        result.ToleranceMet = result.Succeeded && (probe.Tolerance is null || await ToleranceCheck.IsMetAsync(
            probe.Tolerance, result.Output, scope.For(probe.Provider), (activity, output) => RunToleranceAsync(activity, output, scope, cancellationToken)));
        return result;
    }

    private async Task<JsonNode?> RunToleranceAsync(Activity activity, JsonNode? output, ExperimentScope scope, CancellationToken cancellationToken)
    {
        var arguments = activity.Provider switch
        {
            HttpProvider h => h.Arguments,
            ProcessProvider p => p.Arguments,
            _ => null,
        };
        var extended = arguments?.DeepClone() as JsonObject ?? [];
        extended["value"] = output?.DeepClone();
        Provider provider = activity.Provider switch
        {
            HttpProvider h => h with { Arguments = extended },
            ProcessProvider p => p with { Arguments = extended },
            var other => other,
        };
        var result = await RunAsync(activity with { Provider = provider }, scope, cancellationToken);
        return result.Succeeded ? result.Output : null;
    }

    private Task<JsonNode?> ExecuteAsync(Provider provider, IReadOnlyDictionary<string, JsonNode?> values, CancellationToken cancellationToken) => provider switch
    {
        HttpProvider call => http.RunAsync(call, values, cancellationToken),
        ProcessProvider program => ProcessActivity.RunAsync(program, values, cancellationToken),
        _ => throw new System.Diagnostics.UnreachableException(provider.ToString()),
    };

    private Task PauseAsync(JsonNode? pause, IReadOnlyDictionary<string, JsonNode?> values, CancellationToken cancellationToken) =>
        Seconds.Read(Placeholders.Fill(pause, values)) is { } wait ? Task.Delay(wait, clock, cancellationToken) : Task.CompletedTask;

    public void Dispose()
    {
        trusting.Dispose();
        verifying.Dispose();
    }
}
