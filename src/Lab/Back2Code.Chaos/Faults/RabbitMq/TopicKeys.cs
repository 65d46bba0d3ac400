namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary>Keys of bindings at a topic exchange: words between dots, of which <c>*</c> stands for one word and <c>#</c> for any number, none included (AMQP 0-9-1, 3.1.3.3).</summary>
internal static class TopicKeys
{
    /// <summary>Whether some event's key matches both, so that both queues get the event.</summary>
    public static bool Overlap(string one, string other) => Overlap(one.Split('.'), other.Split('.'));

    private static bool Overlap(ReadOnlySpan<string> one, ReadOnlySpan<string> other)
    {
        if (one.IsEmpty || other.IsEmpty)
        {
            return (one.IsEmpty || one[0] == "#" && Overlap(one[1..], other)) && (other.IsEmpty || other[0] == "#" && Overlap(one, other[1..]));
        }

        if (one[0] == "#" || other[0] == "#")
        {
            // It stands for nothing, or for one word more of the other's.
            return one[0] == "#" ? Overlap(one[1..], other) || Overlap(one, other[1..]) : Overlap(one, other[1..]) || Overlap(one[1..], other);
        }

        return (one[0] == other[0] || one[0] == "*" || other[0] == "*") && Overlap(one[1..], other[1..]);
    }
}
