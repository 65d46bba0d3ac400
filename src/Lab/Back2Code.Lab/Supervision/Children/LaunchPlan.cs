namespace Back2Code.Lab.Supervision.Children;

/// <summary>Everything that it takes to start one child, with all placeholders filled in.</summary>
internal sealed record LaunchPlan(
    string Program,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string DataDirectory,
    string Log)
{
    /// <summary>The environment with some variables set, or removed where the value is null.</summary>
    public Dictionary<string, string> EnvironmentWith(IReadOnlyDictionary<string, string?>? changes)
    {
        var environment = new Dictionary<string, string>(Environment);
        foreach (var (name, value) in changes ?? new Dictionary<string, string?>())
        {
            if (value is null)
            {
                environment.Remove(name);
            }
            else
            {
                environment[name] = value;
            }
        }

        return environment;
    }
}
