using Back2Code.Authentication;
using Back2Code.Authentication.Signing;

namespace Back2Code.IntegrationTests.Services;

/// <summary>Signs in whoever a test names, as the identity service will one day.</summary>
internal static class TestIdentity
{
    public const string Issuer = "http://identity.test";
    public const string Audience = "back2code";

    private static readonly string Folder = Directory.CreateTempSubdirectory("b2c-identity-").FullName;
    private static readonly TokenSigner Signer = TokenSigner.LoadOrCreate(Path.Combine(Folder, "signing-key.pem"), JwksPath);

    static TestIdentity() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => Directory.Delete(Folder, recursive: true);

    public static string JwksPath => Path.Combine(Folder, "jwks.json");

    /// <summary>An operator may do all that users and operators do; a test of permissions names another role.</summary>
    public static string TokenFor(string user, string role = Roles.Operator) =>
        Signer.Sign(user, TimeSpan.FromHours(1), Issuer, Audience, TimeProvider.System, Permissions.ScopeOf(role), [role]);
}
