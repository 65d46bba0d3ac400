using System.Globalization;
using Back2Code.Data;

namespace Back2Code.Notes.Reading;

/// <summary>Says where a read came from (RFC 9211): from the cache and how fresh, or from PostgreSQL.</summary>
internal static class CacheStatus
{
    public const string Header = "Cache-Status";

    public static string From<T>(CacheResult<T> result) => result.Source switch
    {
        CacheSource.Loaded => "back2code; fwd=miss",

        // Rounded down, so that a stale answer is negative from its first millisecond.
        _ => string.Create(CultureInfo.InvariantCulture, $"back2code; hit; ttl={(long)Math.Floor(result.TimeToLive.TotalSeconds)}"),
    };
}
