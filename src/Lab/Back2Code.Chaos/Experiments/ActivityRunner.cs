using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Providers;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.Chaos.Experiments;

/// <summary>Runs activities, all in the same way. A failed activity is a result, not an exception; only cancellation is thrown.</summary>
public sealed class ActivityRunner : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly ActivityRules _rules;
    private readonly HttpClient _trusting;
    private readonly HttpClient _verifying = new(new SocketsHttpHandler(), disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly HttpActivity _http;
    private readonly PrometheusActivity _prometheus;
    private readonly LogActivity _logs = new();

    public ActivityRunner(TimeProvider clock)
        : this(clock, ActivityRules.Default)
    {
    }

    public ActivityRunner(TimeProvider clock, ActivityRules rules)
    {
        (_clock, _rules) = (clock, rules);

#pragma warning disable CA5359 // Accepting any certificate is what the author of 'verify_tls: false' asked for; no other activity uses this client.
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        _trusting = new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        _http = new HttpActivity(_trusting, _verifying, rules, (url, status) => Sent?.Invoke(url, status));
        _prometheus = new PrometheusActivity(_verifying);
    }

    /// <summary>Remembers where log files end now, so that log probes see only what the run brings.</summary>
    public void MarkStart(Experiment experiment, ExperimentScope scope)
    {
        foreach (var provider in experiment.Method.Concat(experiment.Rollbacks).Concat(experiment.SteadyState?.Probes ?? []).Select(a => a.Provider).OfType<LogProvider>())
        {
            _logs.MarkStart(provider, scope.For(provider));
        }
    }

    /// <summary>Told of every HTTP request that left: its address, and the status or null when there was no answer. May be called from several threads.</summary>
    public Action<Uri, int?>? Sent { get; init; }

    public Task<ActivityResult> RunAsync(Activity activity, ExperimentScope scope, CancellationToken cancellationToken)
    {
        var result = Begin(activity);
        return CompleteAsync(activity, result, scope, cancellationToken);
    }

    /// <summary>The entry for an activity that starts now, so that a background activity keeps its place in the journal.</summary>
    internal ActivityResult Begin(Activity activity) => new((JsonObject)activity.Source.DeepClone(), _clock.GetUtcNow());

    internal async Task<ActivityResult> CompleteAsync(Activity activity, ActivityResult result, ExperimentScope scope, CancellationToken cancellationToken)
    {
        var values = scope.For(activity.Provider);
        await PauseAsync(activity.PauseBefore, values, cancellationToken);
        if (IsSkipped(activity))
        {
            result.Succeed(_clock.GetUtcNow(), output: null);
        }
        else
        {
            await CarryOutAsync(activity, result, values, cancellationToken);
            if (activity.Tolerance is not null && result.Succeeded)
            {
                result.ToleranceMet = await IsMetAsync(activity, result, scope, cancellationToken);
            }
        }

        // The end is taken when the work is done; the pause after it is not part of its duration.
        await PauseAsync(activity.PauseAfter, values, cancellationToken);
        return result;
    }

    /// <summary>Runs a hypothesis probe and judges its output. A probe that fails has no tolerance met.</summary>
    internal async Task<ActivityResult> ProbeAsync(Activity probe, ExperimentScope scope, CancellationToken cancellationToken)
    {
        var result = await RunAsync(probe, scope, cancellationToken);
        result.ToleranceMet = result.Succeeded && (result.ToleranceMet ?? true);
        return result;
    }

    /// <summary>The same as often as the activity's patience asks for; the last result is the one that counts.</summary>
    internal async Task<ActivityResult> ProbePatientlyAsync(Activity probe, ExperimentScope scope, CancellationToken cancellationToken)
    {
        if (probe.Patience is not { } patience || IsSkipped(probe))
        {
            return await ProbeAsync(probe, scope, cancellationToken);
        }

        ActivityResult? last = null;
        var answer = await Eventually.WaitAsync(
            patience,
            _clock,
            async token =>
            {
                last = await ProbeAsync(probe, scope, token);
                return last.ToleranceMet == true;
            },
            cancellationToken);
        last!.ToleranceMet = answer.Met;
        last.Waited = answer;
        return last;
    }

    internal bool IsSkipped(Activity activity) => activity.Dry ?? _rules.Dry switch
    {
        DryMode.Activities => true,
        DryMode.Probes => activity.Type == ActivityType.Probe,
        DryMode.Actions => activity.Type == ActivityType.Action,
        _ => false,
    };

    /// <summary>Runs until the patience of an activity of the method is over; a hypothesis probe has its own way.</summary>
    internal async Task CompletePatientlyAsync(Activity activity, ActivityResult result, ExperimentScope scope, CancellationToken cancellationToken)
    {
        await CompleteAsync(activity, result, scope, cancellationToken);
        if (activity.Patience is not { } patience || IsSkipped(activity))
        {
            return;
        }

        var again = activity with { PauseBefore = null, PauseAfter = null };
        var first = true;
        result.Waited = await Eventually.WaitAsync(
            patience,
            _clock,
            async token =>
            {
                if (!first)
                {
                    var next = await ProbeAsync(again, scope, token);
                    result.Replace(next);
                }

                first = false;
                return result.Succeeded && result.ToleranceMet != false;
            },
            cancellationToken);
        if (result.ToleranceMet is not null)
        {
            result.ToleranceMet = result.Waited.Met;
        }
    }

    /// <summary>Prometheus, for whoever watches a run from outside its activities.</summary>
    internal Task<JsonNode?> AskPrometheusAsync(string prometheus, string query, CancellationToken cancellationToken) => _prometheus.AskAsync(prometheus, query, timeout: null, cancellationToken);

    private async Task CarryOutAsync(Activity activity, ActivityResult result, IReadOnlyDictionary<string, JsonNode?> values, CancellationToken cancellationToken)
    {
        try
        {
            var output = await ExecuteAsync(activity.Provider, values, cancellationToken);
            result.Succeed(_clock.GetUtcNow(), output);
        }
        catch (ActivityFailedException e)
        {
            result.Fail(_clock.GetUtcNow(), e.Message);
        }
    }

    private Task<bool> IsMetAsync(Activity activity, ActivityResult result, ExperimentScope scope, CancellationToken cancellationToken) => ToleranceCheck.IsMetAsync(
        activity.Tolerance!, result.Output, scope.For(activity.Provider), _rules.Compat, (judge, output) => RunToleranceAsync(judge, output, scope, cancellationToken));

    private async Task<JsonNode?> RunToleranceAsync(Activity activity, JsonNode? output, ExperimentScope scope, CancellationToken cancellationToken)
    {
        var arguments = activity.Provider switch
        {
            HttpProvider h => h.Arguments,
            ProcessProvider p => p.Arguments,
            PythonProvider p => p.Arguments,
            _ => null,
        };
        var extended = arguments?.DeepClone() as JsonObject ?? [];
        extended["value"] = output?.DeepClone();
        Provider provider = activity.Provider switch
        {
            HttpProvider h => h with { Arguments = extended },
            ProcessProvider p => p with { Arguments = extended },
            PythonProvider p => p with { Arguments = extended },
            var other => other,
        };
        var result = await RunAsync(activity with { Provider = provider, Tolerance = null }, scope, cancellationToken);
        return result.Succeeded ? result.Output : null;
    }

    private Task<JsonNode?> ExecuteAsync(Provider provider, IReadOnlyDictionary<string, JsonNode?> values, CancellationToken cancellationToken) => provider switch
    {
        HttpProvider call => _http.RunAsync(call, values, cancellationToken),
        ProcessProvider program => ProcessActivity.RunAsync(program, values, _rules, cancellationToken),
        PythonProvider call => Task.FromResult(PythonFunctions.Run(call, values)),
        PromqlProvider query => _prometheus.RunAsync(query, values, cancellationToken),
        SloProvider slo => _prometheus.RunAsync(slo, values, cancellationToken),
        SqlProvider query => SqlActivity.RunAsync(query, values, cancellationToken),
        LogProvider log => _logs.RunAsync(log, values, cancellationToken),
        _ => throw new System.Diagnostics.UnreachableException(provider.ToString()),
    };

    private Task PauseAsync(JsonNode? pause, IReadOnlyDictionary<string, JsonNode?> values, CancellationToken cancellationToken) =>
        _rules.Dry != DryMode.Pause && Seconds.Read(Placeholders.Fill(pause, values)) is { } wait ? Task.Delay(wait, _clock, cancellationToken) : Task.CompletedTask;

    public void Dispose()
    {
        _trusting.Dispose();
        _verifying.Dispose();
    }
}
