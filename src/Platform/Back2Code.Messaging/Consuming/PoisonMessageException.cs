namespace Back2Code.Messaging;

/// <summary>A message that no number of attempts can make acceptable; its message becomes the dead letter's reason.</summary>
public sealed class PoisonMessageException : Exception
{
    /// <summary>Creates the exception with the reason an operator will read.</summary>
    public PoisonMessageException(string reason) : base(reason)
    {
    }

    /// <summary>Creates the exception with the reason an operator will read and its cause.</summary>
    public PoisonMessageException(string reason, Exception innerException) : base(reason, innerException)
    {
    }

    /// <summary>Creates the exception without a reason; prefer one.</summary>
    public PoisonMessageException() : this("the message cannot be handled")
    {
    }
}
