namespace Back2Code.Authentication;

/// <summary>
/// What a caller has been granted: the members of a <c>scope</c> claim that are permissions. Members without a colon are OpenID Connect's
/// (<c>openid</c>, <c>profile</c>) and grant nothing here, except <c>*</c>. What is not well-formed grants nothing. Immutable and thread-safe.
/// </summary>
public sealed class PermissionSet
{
    private readonly Grant[] _grants;
    private readonly bool _everything;

    private PermissionSet(string scope, Grant[] grants, bool everything)
    {
        Scope = scope;
        _grants = grants;
        _everything = everything;
    }

    /// <summary>The claim's text.</summary>
    internal string Scope { get; }

    /// <summary>Allows nothing.</summary>
    public static PermissionSet Empty { get; } = new("", [], everything: false);

    /// <summary>Reads a <c>scope</c> claim: members parted by single spaces (RFC 6749 section 3.3); upper and lower case differ.</summary>
    /// <param name="scope">The claim's text; null when the token has none.</param>
    public static PermissionSet Parse(string? scope)
    {
        if (string.IsNullOrEmpty(scope))
        {
            return Empty;
        }

        // A token is at most 8 KiB, and so is what is made of it here.
        var grants = new Grant[scope.AsSpan().Count(' ') + 1];
        var count = 0;
        foreach (var range in scope.AsSpan().Split(' '))
        {
            var member = scope.AsSpan(range);
            if (member is "*")
            {
                return new PermissionSet(scope, [], everything: true);
            }

            if (PermissionName.TrySplit(member, out var colon) && PermissionName.IsGrantable(member, colon))
            {
                grants[count++] = new Grant(range.Start.Value, colon, member.Length);
            }
        }

        return new PermissionSet(scope, count == grants.Length ? grants : grants[..count], everything: false);
    }

    /// <summary>Whether a permission is granted, by its name or by a wildcard.</summary>
    /// <param name="permission">The permission needed, <c>resource:action</c>, without wildcards.</param>
    /// <exception cref="ArgumentException">That is no permission that can be asked for; nobody is let in by a typing error.</exception>
    public bool Allows(string permission)
    {
        ArgumentNullException.ThrowIfNull(permission);
        var colon = PermissionName.SplitRequired(permission);
        if (_everything)
        {
            return true;
        }

        foreach (var grant in _grants)
        {
            if (grant.Covers(Scope, permission.AsSpan(0, colon), permission.AsSpan(colon + 1)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A part of the claim's text: cutting it into strings would cost each first sight of a token more than reading it does.</summary>
    private readonly record struct Grant(int Start, int Colon, int Length)
    {
        public bool Covers(string scope, ReadOnlySpan<char> resource, ReadOnlySpan<char> action) =>
            Matches(scope.AsSpan(Start, Colon), resource) && Matches(scope.AsSpan(Start + Colon + 1, Length - Colon - 1), action);

        private static bool Matches(ReadOnlySpan<char> granted, ReadOnlySpan<char> asked) => granted is "*" || granted.SequenceEqual(asked);
    }
}
