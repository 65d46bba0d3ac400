using Polly;
using Polly.Simmy;
using Polly.Simmy.Fault;
using Polly.Simmy.Latency;
using Polly.Simmy.Outcomes;

namespace Back2Code.Resilience;

/// <summary>
/// <c>errors</c>, <c>exceptions</c>, <c>latency</c>: a share of the requests under a route answers 500, throws, or waits, before anything of the service runs,
/// by the chaos strategies of Polly. Nothing is half done, and a write that fails so was not applied.
/// </summary>
internal sealed class RequestDisturbance : Disturbance
{
    private readonly string _route;
    private readonly ResiliencePipeline<bool> _pipeline;

    private RequestDisturbance(string kind, string id, DateTimeOffset endsAt, string route, Func<ResiliencePipelineBuilder<bool>, EvenDraws, ResiliencePipelineBuilder<bool>> build)
        : base(kind, id, endsAt)
    {
        _route = route;
        _pipeline = build(new ResiliencePipelineBuilder<bool> { Name = kind }, new EvenDraws()).Build();
    }

    public static RequestDisturbance Errors(string id, DateTimeOffset endsAt, string route, double ratio) => new("errors", id, endsAt, route, (builder, draws) =>
        builder.AddChaosOutcome(new ChaosOutcomeStrategyOptions<bool>
        {
            InjectionRate = ratio,
            Randomizer = draws.Next,
            OutcomeGenerator = static _ => new(Outcome.FromResult(true)),
        }));

    public static RequestDisturbance Exceptions(string id, DateTimeOffset endsAt, string route, double ratio) => new("exceptions", id, endsAt, route, (builder, draws) =>
        builder.AddChaosFault(new ChaosFaultStrategyOptions
        {
            InjectionRate = ratio,
            Randomizer = draws.Next,
            FaultGenerator = static _ => new(new InjectedDefectException()),
        }));

    public static RequestDisturbance Latency(string id, DateTimeOffset endsAt, string route, double ratio, TimeSpan delay, TimeProvider time)
    {
        RequestDisturbance? self = null;
        self = new RequestDisturbance("latency", id, endsAt, route, (builder, draws) =>
        {
            builder.TimeProvider = time;
            return builder.AddChaosLatency(new ChaosLatencyStrategyOptions
            {
                InjectionRate = ratio,
                Randomizer = draws.Next,
                Latency = delay,
                OnLatencyInjected = _ =>
                {
                    self!.CountStruck();
                    return default;
                },
            });
        });
        return self;
    }

    /// <summary>Whether this request is to be answered 500; returns late, or throws, when that is what the disturbance does.</summary>
    /// <exception cref="InjectedDefectException">It throws, as a defect of the service would.</exception>
    public async ValueTask<bool> StrikesAsync(string path, CancellationToken cancellationToken)
    {
        if (!path.StartsWith(_route, StringComparison.Ordinal))
        {
            return false;
        }

        CountSeen();
        try
        {
            var fails = await _pipeline.ExecuteAsync(static _ => ValueTask.FromResult(false), cancellationToken).ConfigureAwait(false);
            if (fails)
            {
                CountStruck();
            }

            return fails;
        }
        catch (InjectedDefectException)
        {
            CountStruck();
            throw;
        }
    }
}

/// <summary>What a defect of the service would throw; nothing of the platform knows how to handle it.</summary>
internal sealed class InjectedDefectException() : Exception("A fault was injected here on purpose.");
