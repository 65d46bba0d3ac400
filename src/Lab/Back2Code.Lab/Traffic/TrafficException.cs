namespace Back2Code.Lab.Traffic;

/// <summary>The run or the verification cannot go on; the message tells the operator why and what to do.</summary>
public sealed class TrafficException : Exception
{
    public TrafficException(string message)
        : base(message)
    {
    }

    public TrafficException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
