namespace Back2Code.Lab.Supervision.Children;

/// <summary>Everything that it takes to start one child, with all placeholders filled in.</summary>
internal sealed record LaunchPlan(
    string Program,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string DataDirectory,
    string Log);
