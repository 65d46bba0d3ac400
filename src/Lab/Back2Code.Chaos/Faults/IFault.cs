namespace Back2Code.Chaos.Faults;

/// <summary>One kind of reversible disturbance. An instance holds no state: what an injection changed is in the <see cref="InjectedFault"/> it returns.</summary>
public interface IFault
{
    /// <summary>The name drills use, for example <c>link.latency</c>.</summary>
    string Type { get; }

    /// <summary>What it disturbs; one of <see cref="FaultFamilies.All"/>.</summary>
    string Family { get; }

    /// <summary>What it does, in one sentence.</summary>
    string Summary { get; }

    /// <summary>What an operator is to expect to see, in one or two sentences.</summary>
    string Symptom { get; }

    /// <summary>What is observed on the target as proof that it took place, in a sentence: the rule behind <see cref="Faults.Receipt.Observed"/>.</summary>
    string Receipt { get; }

    /// <summary>What its inverse does and when that runs, in a sentence or two; for what happens once, why there is nothing to undo.</summary>
    string Undo { get; }

    /// <summary>Whose rights it takes.</summary>
    FaultNeeds Needs => FaultNeeds.User;

    /// <summary>The type of the nearest fault that an ordinary user may inject; null when this is one.</summary>
    string? Instead => null;

    /// <summary>A target and parameters that work on the platform as <c>topology.yaml</c> has it: for help, documents and tests.</summary>
    FaultExample Example { get; }

    /// <summary>What its target names.</summary>
    FaultTargetKind TargetKind { get; }

    /// <summary>Whether the disturbance stands until it is undone (then a drill may give <c>for</c>), or happens once.</summary>
    bool Lasts { get; }

    /// <summary>Every parameter it takes; any other name is refused.</summary>
    IReadOnlyList<FaultParameter> Parameters { get; }

    /// <summary>What is wrong with parameters that are each in range and do not go together; null when they do.</summary>
    string? CheckTogether(IReadOnlyDictionary<string, string> parameters) => null;

    /// <summary>
    /// Writes the undo record, acts, then watches until the effect is seen or its patience ends.
    /// A fault that was not seen comes back with <see cref="Faults.Receipt.Observed"/> false and still has to be undone.
    /// Whatever is thrown from here has been undone already, or stays in the undo record for <see cref="FaultJournal.HealAsync"/>.
    /// </summary>
    /// <exception cref="FaultException">The target is unknown or a parameter is out of its range; nothing was touched.</exception>
    Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken);

    /// <summary>
    /// Looks for what an injection of this kind would leave on a running platform if it were not undone: one line each, empty when there is nothing.
    /// It asks the target itself, not the undo records: <c>back2code heal</c> proves with it that nothing is left.
    /// </summary>
    Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);
}

/// <summary>What the target of a fault names.</summary>
public enum FaultTargetKind
{
    /// <summary>Processes of the topology, such as <c>notes-1</c> or <c>notes-*</c>.</summary>
    Process,

    /// <summary>Links of the topology, such as <c>notes-1-to-postgres</c> or <c>*-to-postgres</c>.</summary>
    Link,

    /// <summary>The machine that the platform runs on; the target is <c>host</c>.</summary>
    Host,
}

/// <summary>Whose rights a fault takes.</summary>
public enum FaultNeeds
{
    /// <summary>Those of whoever runs the platform.</summary>
    User,

    /// <summary>Root's.</summary>
    Root,
}
