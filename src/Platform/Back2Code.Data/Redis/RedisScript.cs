using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Data;

/// <summary>A Lua script, sent by its digest and in full only where the server does not know it.</summary>
public sealed class RedisScript
{
    /// <summary>Wraps the script's text.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "EVALSHA names scripts by SHA-1; nothing is secured by it.")]
    public RedisScript(string source)
    {
        Source = source;
        Sha1 = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(source)));
    }

    /// <summary>The script's text.</summary>
    public string Source { get; }

    /// <summary>The digest that <c>EVALSHA</c> takes.</summary>
    public string Sha1 { get; }
}
