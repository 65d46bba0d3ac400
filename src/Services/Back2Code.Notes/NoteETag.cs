using Microsoft.Net.Http.Headers;

namespace Back2Code.Notes;

/// <summary>The version as an entity tag: strong, because a version has exactly one representation.</summary>
internal static class NoteETag
{
    public static string For(long version) => $"\"{version}\"";

    /// <summary>Whether the client already holds this version (RFC 9110, If-None-Match, which compares weakly).</summary>
    public static bool IsHeldBy(HttpRequest request, long version)
    {
        EntityTagHeaderValue current = new(For(version));
        return request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Tag == "*" || tag.Compare(current, useStrongComparison: false));
    }
}
