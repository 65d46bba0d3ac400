namespace Back2Code.Lab.Supervision;

/// <summary>A condition that the person at the terminal can act on: the message is complete and needs no stack trace.</summary>
public sealed class LabException : Exception
{
    public LabException(string message) : base(message)
    {
    }

    public LabException(string message, Exception inner) : base(message, inner)
    {
    }
}
