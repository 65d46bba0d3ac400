namespace Back2Code.Chaos.Faults;

/// <summary>A fault that cannot be injected as asked. The message names the value at fault and what is allowed.</summary>
public sealed class FaultException : Exception
{
    public FaultException()
    {
    }

    public FaultException(string message)
        : base(message)
    {
    }

    public FaultException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
