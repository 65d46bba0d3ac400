namespace Back2Code.Data;

/// <summary>Redis answered a command with an error: the server works, the command does not.</summary>
public sealed class RedisErrorException : Exception
{
    /// <summary>Creates the exception with the server's text, which begins with its code ("WRONGTYPE …").</summary>
    public RedisErrorException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public RedisErrorException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a text; prefer one.</summary>
    public RedisErrorException()
    {
    }

    /// <summary>The first word of the server's text, for example <c>NOSCRIPT</c>.</summary>
    public string Code => Message.Split(' ', 2)[0];
}

/// <summary>The server sent something that is not RESP3, or more than the limits allow. The connection is closed.</summary>
internal sealed class RespProtocolException(string message) : IOException(message);
