namespace Back2Code.Monitoring.Health;

/// <summary>How one target of one check stands.</summary>
internal sealed record CheckStatus
{
    public required string Check { get; init; }

    public required string Title { get; init; }

    public required Finding Finding { get; init; }

    public HealthState State => Finding.State;

    /// <summary>Since when it has had this state, as far as this process knows.</summary>
    public required DateTimeOffset Since { get; init; }

    public required DateTimeOffset CheckedAt { get; init; }

    /// <summary>How long the look took.</summary>
    public required TimeSpan Duration { get; init; }
}

/// <summary>A state that is not what it was.</summary>
/// <param name="From">Null: it was looked at for the first time.</param>
internal sealed record HealthChange(CheckStatus Status, HealthState? From);
