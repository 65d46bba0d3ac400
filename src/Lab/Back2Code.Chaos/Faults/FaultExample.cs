namespace Back2Code.Chaos.Faults;

/// <summary>One injection that works on the platform as <c>topology.yaml</c> has it.</summary>
public sealed record FaultExample
{
    public FaultExample(string target, params (string Name, string Value)[] parameters)
    {
        Target = target;
        Parameters = parameters.ToDictionary(p => p.Name, p => p.Value);
    }

    public string Target { get; }

    public IReadOnlyDictionary<string, string> Parameters { get; }
}
