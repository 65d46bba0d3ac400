using System.Text.RegularExpressions;

namespace Back2Code.Identity;

/// <summary>One permission or several at once: <c>notes:write</c>, <c>notes:*</c>, <c>*:read</c>, or <c>*</c> for all of them.</summary>
internal readonly partial record struct PermissionPattern(string Resource, string Action)
{
    private const string Any = "*";

    public static PermissionPattern All { get; } = new(Any, Any);

    public static bool TryParse(string text, out PermissionPattern pattern)
    {
        pattern = All;
        if (text == Any)
        {
            return true;
        }

        if (text.Length > 100 || !Syntax().IsMatch(text))
        {
            return false;
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        pattern = new(text[..colon], text[(colon + 1)..]);
        return true;
    }

    public static PermissionPattern Parse(string text) =>
        TryParse(text, out var pattern) ? pattern : throw new FormatException($"'{text}' is no pattern of permissions.");

    public bool Covers(PermissionPattern other) => Covers(Resource, other.Resource) && Covers(Action, other.Action);

    /// <summary>What both allow, or null when that is nothing.</summary>
    public PermissionPattern? Intersect(PermissionPattern other) =>
        Narrower(Resource, other.Resource) is { } resource && Narrower(Action, other.Action) is { } action ? new(resource, action) : null;

    /// <summary>What both lists allow, in order and without what another of its patterns covers.</summary>
    public static IReadOnlyList<PermissionPattern> Intersect(IReadOnlyCollection<PermissionPattern> left, IReadOnlyCollection<PermissionPattern> right)
    {
        var common = left.SelectMany(a => right.Select(b => a.Intersect(b))).OfType<PermissionPattern>().Distinct().ToList();
        return [.. common
            .Where(pattern => !common.Exists(other => other != pattern && other.Covers(pattern)))
            .OrderBy(pattern => pattern.ToString(), StringComparer.Ordinal)];
    }

    public override string ToString() => Resource == Any && Action == Any ? Any : $"{Resource}:{Action}";

    private static bool Covers(string mine, string other) => mine == Any || mine == other;

    private static string? Narrower(string a, string b) => Covers(a, b) ? b : Covers(b, a) ? a : null;

    [GeneratedRegex(@"\A(?:\*|[a-z][a-z0-9-]{0,39}):(?:\*|[a-z][a-z0-9-]{0,39})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Syntax();
}
