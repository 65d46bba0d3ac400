namespace Back2Code.Monitoring.Notifying;

/// <summary>A way to tell somebody, or something, of alerts.</summary>
internal interface IChannel
{
    Subscription Subscription { get; }

    ChannelPace Pace { get; }

    /// <summary>Tells news, all of one incident unless the channel keeps everything. Whoever is told twice can know it by the ids.</summary>
    /// <exception cref="Exception">It was not told, or perhaps not; it is tried again.</exception>
    Task DeliverAsync(IReadOnlyList<Notice> notices, CancellationToken cancellationToken);
}

/// <param name="GatherFor">After a message on an incident, the next waits this long and tells everything since, unless it is worse than what was told. Zero: never wait.</param>
/// <param name="Timeout">Of one attempt.</param>
/// <param name="GiveUpAfter">Age of news at which it is no longer tried; null: never.</param>
internal sealed record ChannelPace(TimeSpan GatherFor, TimeSpan Timeout, TimeSpan? GiveUpAfter);

/// <summary>The channels of this process, as configured.</summary>
internal sealed record ChannelList(IReadOnlyList<IChannel> All);
