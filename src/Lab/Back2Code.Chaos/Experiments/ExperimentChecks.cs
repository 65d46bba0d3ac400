using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.Chaos.Experiments;

/// <summary>What the extension <c>back2code</c> adds to an experiment that is run by itself.</summary>
public sealed record ExperimentChecks
{
    public static readonly ExperimentChecks None = new();

    /// <summary>By name of the activity.</summary>
    public IReadOnlyDictionary<string, ActivityCheck> Activities { get; init; } = new Dictionary<string, ActivityCheck>();

    /// <summary>How long the steady state may take to return once the rollbacks are played; null unless the file says.</summary>
    public Patience? Restore { get; init; }

    /// <summary>What ends the method at once.</summary>
    public IReadOnlyList<StopCondition> Stop { get; init; } = [];

    /// <summary>Base URL of the Prometheus that stop conditions are asked of.</summary>
    public string Prometheus { get; init; } = "${prometheus}";
}

/// <summary>Judges an activity of the method, and gives any probe time.</summary>
public sealed record ActivityCheck(Tolerance? Tolerance, Patience? Patience);

/// <summary>"Eventually": met within a time, looked at again and again, and then held.</summary>
/// <param name="Within">From the first look to the start of the time held.</param>
/// <param name="Every">Between two looks.</param>
/// <param name="For">How long it must then hold without a miss; zero: one look is enough.</param>
public sealed record Patience(TimeSpan Within, TimeSpan Every, TimeSpan For)
{
    public static readonly Patience None = new(TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.Zero);
}

/// <summary>Something that ends the method at once when it becomes true.</summary>
public abstract record StopCondition
{
    private StopCondition()
    {
    }

    /// <summary>An alert of this name fires.</summary>
    public sealed record Alert(string Name) : StopCondition
    {
        public override string ToString() => $"alert {Name} fires";
    }

    /// <summary>The run has burnt this share of the error budget of an SLO.</summary>
    public sealed record Budget(string Slo, double Burnt) : StopCondition
    {
        public override string ToString() => FormattableString.Invariant($"{Burnt * 100:0.##} % of the error budget of {Slo} burnt");
    }
}
