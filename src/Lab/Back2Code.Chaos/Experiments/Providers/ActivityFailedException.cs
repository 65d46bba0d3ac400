namespace Back2Code.Chaos.Experiments.Providers;

/// <summary>The activity could not do its work: no connection, time-out, program not startable. Not for an answer that one dislikes.</summary>
public sealed class ActivityFailedException(string message, Exception? cause = null) : Exception(message, cause);
