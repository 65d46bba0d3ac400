namespace Back2Code.Lab.Drills;

/// <summary>One thing that had to be reached, and what was reached.</summary>
/// <param name="Name">Stable; scripts compare it.</param>
/// <param name="Target">The bound: measured must not exceed it.</param>
/// <param name="Measured">Null when there is nothing to measure, which is a miss.</param>
/// <param name="Unit">"s", "ms", "ratio" or "count".</param>
/// <param name="Detail">What is behind the number, for people.</param>
public sealed record Objective(string Name, double Target, double? Measured, string Unit, string? Detail = null)
{
    public bool Met => Measured <= Target;
}
