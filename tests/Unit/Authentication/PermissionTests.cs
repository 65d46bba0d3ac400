using System.Reflection;
using System.Security.Claims;
using Back2Code.Authentication;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Authentication;

public sealed class PermissionTests
{
    /// <summary>Every constant of the catalogue.</summary>
    internal static IReadOnlyList<string> Catalogue { get; } =
        [.. typeof(Permissions).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!)];

    [Theory]
    [InlineData("notes:write", "notes:write", true)]
    [InlineData("notes:write", "notes:read", false)]
    [InlineData("notes:write", "note:write", false)]
    [InlineData("notes:*", "notes:write", true)]
    [InlineData("notes:*", "jobs:write", false)]
    [InlineData("*:read", "slos:read", true)]
    [InlineData("*:read", "slos:write", false)]
    [InlineData("*", "slos:write", true)]
    [InlineData("*:*", "slos:write", true)]
    [InlineData("openid profile notes:read offline_access", "notes:read", true)]
    [InlineData("openid profile *", "notes:read", true)]
    [InlineData("", "notes:read", false)]
    [InlineData(null, "notes:read", false)]
    [InlineData("notes", "notes:read", false)]
    [InlineData("notes:", "notes:read", false)]
    [InlineData(":read", "notes:read", false)]
    [InlineData("NOTES:READ", "notes:read", false)]
    [InlineData("notes:read:all", "notes:read", false)]
    [InlineData("note*:read", "notes:read", false)]
    [InlineData("**", "notes:read", false)]
    [InlineData("notes:read\tjobs:write", "notes:read", false)]
    [InlineData("  notes:read  ", "notes:read", true)]
    public void A_scope_allows_what_it_names(string? scope, string permission, bool allowed) =>
        Assert.Equal(allowed, PermissionSet.Parse(scope).Allows(permission));

    [Theory]
    [InlineData("")]
    [InlineData("notes")]
    [InlineData("*")]
    [InlineData("*:read")]
    [InlineData("notes:*")]
    [InlineData("Notes:read")]
    [InlineData("notes:read ")]
    [InlineData("notes:read\" evil=\"")]
    [InlineData("notes:read:x")]
    public void An_endpoint_cannot_ask_for_what_is_no_permission(string permission)
    {
        Assert.Throws<ArgumentException>(() => new RequirePermissionAttribute(permission));
        Assert.Throws<ArgumentException>(() => PermissionSet.Parse("*").Allows(permission));
    }

    [Fact]
    public void Each_role_may_do_what_the_one_before_it_may()
    {
        var asked = Catalogue.Where(permission => !permission.Contains('*', StringComparison.Ordinal)).ToList();
        var may = Roles.All.Select(role => asked.Where(PermissionSet.Parse(Permissions.ScopeOf(role)).Allows).ToHashSet()).ToList();

        Assert.All(may.Zip(may.Skip(1)), pair => Assert.Superset(pair.First, pair.Second));
        Assert.Equal(asked.Order(), may[^1].Order());
    }

    [Fact]
    public void The_roles_are_these()
    {
        Assert.Equal("*:read", Permissions.ScopeOf(Roles.Viewer));
        Assert.Equal("*:read notes:write notifications:write sessions:write", Permissions.ScopeOf(Roles.Analyst));
        Assert.Equal("*:read notes:write notifications:write sessions:write incidents:write jobs:write slos:write", Permissions.ScopeOf(Roles.Operator));
        Assert.Equal("*", Permissions.ScopeOf(Roles.Admin));
        Assert.Equal("*:read notes:write notifications:write sessions:write", Permissions.ScopeOf(Roles.Viewer, Roles.Analyst));
        Assert.Equal("", Permissions.ScopeOf());
        Assert.Throws<ArgumentException>(() => Permissions.ScopeOf("root"));
    }

    [Fact]
    public void An_identity_that_somebody_has_replaced_keeps_its_permissions()
    {
        var replaced = new ClaimsPrincipal(new ClaimsIdentity([new Claim("scope", "notes:read")], "Bearer"));

        Assert.True(CurrentUser.PermissionsOf(replaced).Allows("notes:read"));
        Assert.False(CurrentUser.PermissionsOf(new ClaimsPrincipal(new ClaimsIdentity())).Allows("notes:read"));
    }

    [Fact]
    public void Granting_more_never_takes_anything_away() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<string>(),
            Gen.Elements("notes:*", "*:read", "*", "notes:read", "openid", "x:", "").ToArbitrary(),
            Gen.Elements("notes:read", "notes:write", "jobs:write").ToArbitrary(),
            (text, grant, permission) =>
                !PermissionSet.Parse(grant).Allows(permission) || PermissionSet.Parse($"{text} {grant}").Allows(permission)).QuickCheckThrowOnFailure();
}
