using System.Data.Common;
using System.Net.Sockets;

namespace Back2Code.Resilience;

/// <summary>The default answer to "did the dependency fail, or did it answer no?".</summary>
public static class DependencyFailure
{
    /// <summary>
    /// True for exceptions that a healthy dependency does not cause: I/O, sockets, time-outs, HTTP requests without a
    /// response or with a 5xx, and <see cref="DbException.IsTransient"/> (for Npgsql that includes an exhausted pool and a server shutting down).
    /// </summary>
    public static bool IsLikely(Exception exception) => exception switch
    {
        DbException database => database.IsTransient,
        HttpRequestException http => http.StatusCode is null || (int)http.StatusCode >= 500,
        IOException or SocketException or TimeoutException => true,
        _ => false,
    };
}
