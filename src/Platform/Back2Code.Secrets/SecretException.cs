namespace Back2Code.Secrets;

/// <summary>
/// A secret could not be had. The message names it and says why; it holds no secret, no token and nothing of what was answered, and there is
/// no inner exception that could.
/// </summary>
public sealed class SecretException : Exception
{
    /// <summary>Creates the exception with its message.</summary>
    public SecretException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause, which must hold no secret.</summary>
    public SecretException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a message; prefer one.</summary>
    public SecretException()
    {
    }
}
