using Back2Code.Identity;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Identity;

public sealed class PermissionTests
{
    private static readonly string[] Words = ["*", "notes", "jobs", "slos", "read", "write"];

    private static readonly Arbitrary<PermissionPattern> Patterns =
        Gen.Elements(Words).SelectMany(static resource => Gen.Elements(Words).Select(action => new PermissionPattern(resource, action))).ToArbitrary();

    [Theory]
    [InlineData("*", "*")]
    [InlineData("*:*", "*")]
    [InlineData("notes:write", "notes:write")]
    [InlineData("*:read", "*:read")]
    [InlineData("job-runs:*", "job-runs:*")]
    public void Patterns_are_read_and_written(string text, string written) => Assert.Equal(written, PermissionPattern.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("notes")]
    [InlineData(":read")]
    [InlineData("notes:")]
    [InlineData("notes:read:all")]
    [InlineData("Notes:read")]
    [InlineData("not*:read")]
    [InlineData("**:read")]
    [InlineData("notes:read\n")]
    [InlineData("notes :read")]
    public void What_is_no_pattern_is_refused(string text) => Assert.False(PermissionPattern.TryParse(text, out _));

    [Fact]
    public void What_two_patterns_allow_both_of_them_cover_and_nothing_beyond() =>
        Prop.ForAll(Patterns, Patterns, Patterns, (a, b, asked) =>
            (a.Covers(asked) && b.Covers(asked)) == (a.Intersect(b) is { } both && both.Covers(asked))).QuickCheckThrowOnFailure();

    [Fact]
    public void The_order_of_two_lists_does_not_matter() =>
        Prop.ForAll(Patterns.Generator.ArrayOf().ToArbitrary(), Patterns.Generator.ArrayOf().ToArbitrary(), (a, b) =>
            PermissionPattern.Intersect(a, b).SequenceEqual(PermissionPattern.Intersect(b, a))).QuickCheckThrowOnFailure();

    [Fact]
    public void A_list_allows_what_it_has_in_common_with_everything() =>
        Prop.ForAll(Patterns.Generator.ArrayOf().ToArbitrary(), Patterns, (list, asked) =>
            list.Any(pattern => pattern.Covers(asked)) == PermissionPattern.Intersect(list, [PermissionPattern.All]).Any(pattern => pattern.Covers(asked)))
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("viewer", "notes:read", true)]
    [InlineData("viewer", "notes:write", false)]
    [InlineData("analyst", "notes:write", true)]
    [InlineData("analyst", "incidents:write", false)]
    [InlineData("operator", "slos:write", true)]
    [InlineData("operator", "users:write", false)]
    [InlineData("admin", "users:write", true)]
    [InlineData("nobody", "notes:read", false)]
    public void Roles_hold_what_they_should(string role, string permission, bool allowed) =>
        Assert.Equal(allowed, RolePermissions.Of(role).Any(pattern => pattern.Covers(PermissionPattern.Parse(permission))));

    [Fact]
    public void A_scope_is_told_apart_into_its_two_kinds()
    {
        var scope = RequestedScope.Parse("openid notes:write  openid *:read")!;

        Assert.Equal(["openid"], scope.OidcScopes);
        Assert.Equal(["notes:write", "*:read"], scope.Permissions.Select(static pattern => pattern.ToString()));
        Assert.Null(RequestedScope.Parse("openid root"));
        Assert.Null(RequestedScope.Parse(string.Join(' ', Enumerable.Range(0, 51).Select(static n => $"r:a{n}"))));
    }
}
