namespace Back2Code.Data;

/// <summary>A RESP3 client. Signatures first; the body follows.</summary>
public sealed class RedisClient
{
}
