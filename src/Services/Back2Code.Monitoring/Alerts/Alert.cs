namespace Back2Code.Monitoring.Alerts;

/// <summary>One alert of a notification, checked and cut to size.</summary>
internal sealed record Alert
{
    public required string Fingerprint { get; init; }

    public required string Name { get; init; }

    public required Severity Severity { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    /// <summary><see cref="StartsAt"/> as the sender wrote it, which may be ahead of our clock; with the fingerprint it identifies the episode.</summary>
    public DateTimeOffset? ClaimedStart { get; init; }

    /// <summary>Null while it fires.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}

/// <summary>The four severities, in order.</summary>
internal enum Severity
{
    Info,
    Warning,
    Error,
    Critical,
}
