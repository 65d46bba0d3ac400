using System.Diagnostics.Metrics;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.Notifying;

/// <summary>Brings what waits on the board to one channel: at once, gathered when much happens, again with growing pauses when it fails. Channels never wait for each other.</summary>
internal sealed partial class ChannelLoop(IChannel channel, IncidentDesk desk, Counter<long> deliveries, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    // An hour after the last word on an incident, what was told no longer matters.
    private static readonly TimeSpan RememberFor = TimeSpan.FromHours(1);

    private readonly Dictionary<Guid, Conversation> _conversations = [];
    private readonly System.Threading.Channels.Channel<bool> _news = System.Threading.Channels.Channel.CreateBounded<bool>(1);

    // Seeded by the channel's name: channels of one process spread, and runs repeat.
    private readonly Random _jitter = new(channel.Subscription.Name.Aggregate(17, static (hash, c) => unchecked((hash * 31) + c)));

    // What was recorded before could not be tried then.
    private readonly DateTimeOffset _startedAt = desk.Now;

    private string Name => channel.Subscription.Name;

    /// <summary>There may be something to tell. Never waits.</summary>
    public void Wake() => _news.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan? wait = await DeliverDueAsync(cancellationToken);
            using var due = new CancellationTokenSource(wait ?? Timeout.InfiniteTimeSpan, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(due.Token, cancellationToken);
            try
            {
                await _news.Reader.ReadAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Something has become due.
            }
        }
    }

    /// <summary>Tells everything that is due now.</summary>
    /// <returns>How long until something more is; null when nothing waits.</returns>
    internal async Task<TimeSpan?> DeliverDueAsync(CancellationToken cancellationToken)
    {
        TimeSpan? soonest = null;
        foreach (var group in desk.Board.Of(Name).GroupBy(n => channel.Subscription.KeepsEverything ? Guid.Empty : n.Incident ?? Guid.Empty))
        {
            Conversation conversation = ConversationOn(group.Key);
            IReadOnlyList<Notice> notices = [.. group];
            TimeSpan wait = WaitOf(conversation, notices);
            if (wait <= TimeSpan.Zero)
            {
                await DeliverAsync(conversation, notices, cancellationToken);
                wait = conversation.Failures > 0 ? WaitOf(conversation, notices) : TimeSpan.MaxValue;
            }

            soonest = wait < (soonest ?? TimeSpan.MaxValue) ? wait : soonest;
        }

        foreach ((Guid old, _) in _conversations.Where(c => time.GetElapsedTime(c.Value.At) > RememberFor).ToList())
        {
            _conversations.Remove(old);
        }

        return soonest;
    }

    private async Task DeliverAsync(Conversation conversation, IReadOnlyList<Notice> notices, CancellationToken cancellationToken)
    {
        try
        {
            using var limit = new CancellationTokenSource(channel.Pace.Timeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);

            // The channel is asked to stop and not waited for: a mail server that hangs must not hold its successors.
            await channel.DeliverAsync(notices, either.Token).WaitAsync(either.Token);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            await FailAsync(conversation, notices, e, cancellationToken);
            return;
        }

        conversation.Failures = 0;
        conversation.At = time.GetTimestamp();
        conversation.HasTold = true;
        conversation.Told = SeverityOf(notices) > conversation.Told ? SeverityOf(notices) : conversation.Told;
        Count("delivered");
        await desk.DeliveredAsync(Name, [.. notices.Select(n => n.Id)], cancellationToken);
    }

    private async Task FailAsync(Conversation conversation, IReadOnlyList<Notice> notices, Exception e, CancellationToken cancellationToken)
    {
        string reason = e is OperationCanceledException ? $"no answer within {channel.Pace.Timeout.TotalSeconds:0} s" : e.Message;
        IReadOnlyList<Notice> stale = channel.Pace.GiveUpAfter is { } limit ? [.. notices.Where(n => TriedFor(n) > limit)] : [];
        if (stale.Count > 0)
        {
            await GiveUpAsync(stale, reason, cancellationToken);
        }

        if (stale.Count == notices.Count)
        {
            conversation.Failures = 0;
            return;
        }

        Count("failed");
        if (conversation.Failures == 0)
        {
            Log.Failed(logger, Name, reason);
        }

        conversation.At = time.GetTimestamp();
        conversation.Failures++;
        double pause = Math.Min(LongestPause.TotalSeconds, ShortestPause.TotalSeconds * Math.Pow(2, conversation.Failures - 1));
        conversation.Pause = TimeSpan.FromSeconds(pause * (0.5 + (_jitter.NextDouble() / 2)));
    }

    private async Task GiveUpAsync(IReadOnlyList<Notice> stale, string reason, CancellationToken cancellationToken)
    {
        double hours = stale.Max(TriedFor).TotalHours;
        Count("given-up");
        Log.GaveUp(logger, Name, stale.Count, hours, reason);
        await desk.DeliveredAsync(Name, [.. stale.Select(n => n.Id)], cancellationToken);
        foreach (Guid id in stale.Select(n => n.Incident).OfType<Guid>().Distinct())
        {
            // Not what the other side said: the time line is read by more people than the log.
            await desk.ChangeAsync(
                id,
                _ => new IncidentChange(id, IncidentChangeKind.DeliveryFailed, desk.Now, null) { Text = $"{Name} could not be told for {hours:0.0} h" },
                actor: null,
                cancellationToken);
        }
    }

    private TimeSpan TriedFor(Notice notice) => desk.Now - (notice.At > _startedAt ? notice.At : _startedAt);

    private TimeSpan WaitOf(Conversation conversation, IReadOnlyList<Notice> notices)
    {
        if (conversation.Failures > 0)
        {
            return conversation.Pause - time.GetElapsedTime(conversation.At);
        }

        bool isWorse = SeverityOf(notices) > conversation.Told;
        return !conversation.HasTold || isWorse ? TimeSpan.Zero : channel.Pace.GatherFor - time.GetElapsedTime(conversation.At);
    }

    /// <summary>The worst that begins in it; an end is never urgent.</summary>
    private static Severity SeverityOf(IReadOnlyList<Notice> notices) => notices
        .SelectMany(n => n.Alerts.Where(a => a.IsActive).Select(a => a.Severity).Append(n.Text.Length > 0 ? n.Severity : Severity.Info)).Max();

    private Conversation ConversationOn(Guid incident)
    {
        if (!_conversations.TryGetValue(incident, out Conversation? conversation))
        {
            _conversations[incident] = conversation = new Conversation { At = time.GetTimestamp() };
        }

        return conversation;
    }

    private void Count(string result) =>
        deliveries.Add(1, new KeyValuePair<string, object?>("channel", Name), new KeyValuePair<string, object?>("result", result));

    /// <summary>What the channel was told of one incident, and how it went.</summary>
    private sealed class Conversation
    {
        public long At { get; set; }

        public bool HasTold { get; set; }

        public Severity Told { get; set; }

        public int Failures { get; set; }

        public TimeSpan Pause { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(5501, LogLevel.Warning, "{Channel} could not be told, it is tried again: {Reason}", EventName = "DeliveryFailed")]
        public static partial void Failed(ILogger logger, string channel, string reason);

        [LoggerMessage(5502, LogLevel.Error, "{Channel} is not told of {Count} pieces of news after {Hours} h of trying: {Reason}", EventName = "DeliveryGivenUp")]
        public static partial void GaveUp(ILogger logger, string channel, int count, double hours, string reason);
    }
}
