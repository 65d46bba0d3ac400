using System.Globalization;
using Back2Code.Resilience;

namespace Back2Code.ServiceDefaults;

/// <summary>
/// The fields <c>RateLimit-Policy</c> and <c>RateLimit</c> of draft-ietf-httpapi-ratelimit-headers, as of its tenth version: lists of quoted policy names with parameters (RFC 9651).
/// <c>q</c> is what a full bucket allows at once, <c>w</c> the seconds in which it fills up, <c>r</c> what is left, <c>t</c> the seconds until it is full again.
/// </summary>
internal static class RateLimitHeaders
{
    public const string Policy = "RateLimit-Policy";
    public const string Level = "RateLimit";

    public static string DescribePolicy(string name, BucketLimit limit) => string.Create(
        CultureInfo.InvariantCulture, $"\"{name}\";q={limit.Burst};w={WholeSeconds(TimeSpan.FromMicroseconds(limit.MicrosecondsToFill))}");

    public static string DescribeLevel(string name, BucketLevel level) => string.Create(
        CultureInfo.InvariantCulture, $"\"{name}\";r={level.Tokens};t={Seconds(level.UntilFull)}");

    /// <summary>Rounded up, and at least one: a client that comes back after no time at all has not waited.</summary>
    public static long WholeSeconds(TimeSpan time) => Math.Max(1, Seconds(time));

    private static long Seconds(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds);
}
