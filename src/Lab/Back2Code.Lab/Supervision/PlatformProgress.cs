namespace Back2Code.Lab.Supervision;

/// <summary>One thing that happened to the platform, told while it starts, runs and stops.</summary>
/// <param name="Process">The process concerned, or null when it is the platform as a whole.</param>
/// <param name="State">Its new state, when that is what happened.</param>
public sealed record PlatformProgress(string Text, string? Process = null, ProcessState? State = null);
