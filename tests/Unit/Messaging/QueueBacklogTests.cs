using Back2Code.Messaging;
using Back2Code.UnitTests.Resilience;
using RabbitMQ.Client;

namespace Back2Code.UnitTests.Messaging;

public sealed class QueueBacklogTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void A_consumer_that_never_had_its_queue_is_behind_since_it_was_made()
    {
        var backlog = new QueueBacklog(_time);

        _time.Advance(TimeSpan.FromSeconds(7));

        Assert.Equal(TimeSpan.FromSeconds(7), backlog.Staleness);
    }

    [Fact]
    public void A_consumer_with_nothing_in_hand_is_up_to_date_however_long_nothing_comes()
    {
        QueueBacklog backlog = Connected();

        _time.Advance(TimeSpan.FromHours(8));

        Assert.Equal(TimeSpan.Zero, backlog.Staleness);
    }

    [Fact]
    public void The_oldest_event_in_hand_tells_how_far_behind()
    {
        QueueBacklog backlog = Connected();
        long first = backlog.Received(_time.GetUtcNow() - TimeSpan.FromSeconds(3));
        backlog.Received(_time.GetUtcNow());
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(TimeSpan.FromSeconds(5), backlog.Staleness);

        backlog.Done(first);
        Assert.Equal(TimeSpan.FromSeconds(2), backlog.Staleness);
    }

    [Fact]
    public void What_was_in_hand_when_the_queue_was_lost_counts_until_it_is_back()
    {
        QueueBacklog backlog = Connected();
        long taken = backlog.Received(_time.GetUtcNow() - TimeSpan.FromSeconds(1));

        backlog.Lost();
        backlog.Done(taken);
        _time.Advance(TimeSpan.FromSeconds(4));
        TimeSpan blind = backlog.Staleness;
        backlog.Connected();

        Assert.Equal(TimeSpan.FromSeconds(5), blind);
        Assert.Equal(TimeSpan.Zero, backlog.Staleness);
    }

    [Fact]
    public void A_publisher_whose_clock_is_ahead_makes_nothing_negative()
    {
        QueueBacklog backlog = Connected();

        backlog.Received(_time.GetUtcNow() + TimeSpan.FromMinutes(1));

        Assert.Equal(TimeSpan.Zero, backlog.Staleness);
    }

    [Fact]
    public void The_moment_of_publication_survives_the_broker_to_the_millisecond()
    {
        var properties = new BasicProperties { Headers = new Dictionary<string, object?> { [PublicationTime.Header] = PublicationTime.Stamp(_time) } };

        Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds(), PublicationTime.Of(properties)!.Value.ToUnixTimeMilliseconds());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("yesterday")]
    [InlineData(-1L)]
    [InlineData(long.MaxValue)]
    public void A_header_that_is_no_moment_is_none(object? value) =>
        Assert.Null(PublicationTime.Of(new BasicProperties { Headers = new Dictionary<string, object?> { [PublicationTime.Header] = value } }));

    private QueueBacklog Connected()
    {
        var backlog = new QueueBacklog(_time);
        backlog.Connected();
        return backlog;
    }
}
