namespace Back2Code.Data;

/// <summary>The migrations of a program and those of its database contradict each other. Waiting does not help: someone must decide.</summary>
public sealed class MigrationException : Exception
{
    /// <summary>Creates the exception; the message names the migration and what to do.</summary>
    public MigrationException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public MigrationException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a message; prefer one.</summary>
    public MigrationException()
    {
    }
}
