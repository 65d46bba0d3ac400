using Polly;
using Polly.Simmy;
using Polly.Simmy.Behavior;
using Polly.Simmy.Fault;
using Polly.Simmy.Latency;

namespace Back2Code.Resilience;

/// <summary>
/// The chaos strategies of Polly at the end of a dependency's pipeline. It is in a pipeline only where chaos is enabled, and costs a look at a dictionary while
/// nothing stands.
/// </summary>
internal sealed class DependencyChaos(ChaosSwitch chaos)
{
    public void AddTo(ResiliencePipelineBuilder builder, string dependency, TimeProvider time)
    {
        var strategies = Build(dependency, time);
        builder.AddStrategy(_ => new Gate(this, dependency, strategies), new GateOptions());
    }

    /// <summary>The strategies alone, for a client that has no pipeline.</summary>
    public ResiliencePipeline PointOf(string dependency, TimeProvider time)
    {
        var builder = new ResiliencePipelineBuilder { Name = dependency, TimeProvider = time };
        AddTo(builder, dependency, time);
        return builder.Build();
    }

    private ResiliencePipeline Build(string dependency, TimeProvider time) => new ResiliencePipelineBuilder { Name = $"chaos {dependency}", TimeProvider = time }
        .AddStrategy(_ => new LostAnswer(this, dependency), new LostAnswerOptions())
        .AddChaosLatency(new ChaosLatencyStrategyOptions
        {
            InjectionRateGenerator = _ => new(Find(DependencyDisturbance.Latency, dependency)?.Ratio ?? 0),
            Randomizer = () => Draw(DependencyDisturbance.Latency, dependency),
            LatencyGenerator = _ => new(Find(DependencyDisturbance.Latency, dependency)?.Delay ?? TimeSpan.Zero),
            OnLatencyInjected = _ => Struck(DependencyDisturbance.Latency, dependency),
        })
        .AddChaosBehavior(new ChaosBehaviorStrategyOptions
        {
            InjectionRateGenerator = _ => new(Find(DependencyDisturbance.Blocking, dependency)?.Ratio ?? 0),
            Randomizer = () => Draw(DependencyDisturbance.Blocking, dependency),
            BehaviorGenerator = _ =>
            {
                Find(DependencyDisturbance.Blocking, dependency)?.Block();
                return default;
            },
            OnBehaviorInjected = _ => Struck(DependencyDisturbance.Blocking, dependency),
        })
        .AddChaosFault(new ChaosFaultStrategyOptions
        {
            InjectionRateGenerator = _ => new(Find(DependencyDisturbance.Faults, dependency)?.Ratio ?? 0),
            Randomizer = () => Draw(DependencyDisturbance.Faults, dependency),
            FaultGenerator = _ => new(Find(DependencyDisturbance.Faults, dependency)?.Failure()),
            OnFaultInjected = _ => Struck(DependencyDisturbance.Faults, dependency),
        })
        .Build();

    private bool IsQuiet(string dependency) =>
        Find(DependencyDisturbance.Faults, dependency) is null && Find(DependencyDisturbance.Latency, dependency) is null
        && Find(DependencyDisturbance.Outcomes, dependency) is null && Find(DependencyDisturbance.Blocking, dependency) is null;

    private DependencyDisturbance? Find(string kind, string dependency) =>
        chaos.Of<DependencyDisturbance>(kind) is { } standing && standing.Dependency == dependency ? standing : null;

    private double Draw(string kind, string dependency) => Find(kind, dependency)?.Draw() ?? 1;

    private ValueTask Struck(string kind, string dependency)
    {
        Find(kind, dependency)?.Strike();
        return default;
    }

    /// <summary>The strategies only while one of them has something to do.</summary>
    private sealed class Gate(DependencyChaos chaos, string dependency, ResiliencePipeline strategies) : ResilienceStrategy
    {
        protected override ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state) =>
            chaos.IsQuiet(dependency) ? callback(context, state) : strategies.ExecuteOutcomeAsync(callback, context, state);
    }

    /// <summary>
    /// The dependency does its work and the answer is lost on the way back: the caller sees a failure of something that has happened. Polly's own strategy for
    /// outcomes skips the work and needs to know the type of the answer.
    /// </summary>
    private sealed class LostAnswer(DependencyChaos chaos, string dependency) : ResilienceStrategy
    {
        protected override async ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state)
        {
            var outcome = await callback(context, state).ConfigureAwait(false);
            if (chaos.Find(DependencyDisturbance.Outcomes, dependency) is not { } standing || standing.Draw() >= standing.Ratio)
            {
                return outcome;
            }

            standing.Strike();
            return Outcome.FromException<TResult>(standing.Failure());
        }
    }

    private sealed class GateOptions : ResilienceStrategyOptions
    {
        public GateOptions() => Name = "Chaos";
    }

    private sealed class LostAnswerOptions : ResilienceStrategyOptions
    {
        public LostAnswerOptions() => Name = "Chaos.LostAnswer";
    }
}
