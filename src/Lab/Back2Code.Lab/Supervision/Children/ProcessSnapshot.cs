namespace Back2Code.Lab.Supervision.Children;

/// <summary>A supervised process at one moment.</summary>
internal sealed record ProcessSnapshot(
    string Name, ProcessState State, int? Pid, long? StartTime, int? Port, int Restarts, DateTimeOffset? StartedAt, string? Detail, bool Overridden);
