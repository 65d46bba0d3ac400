using Back2Code.Authentication.Signing;

namespace Back2Code.IntegrationTests.Services;

/// <summary>Signs in whoever a test names, as the identity service will one day.</summary>
internal static class TestIdentity
{
    public const string Issuer = "http://identity.test";
    public const string Audience = "back2code";

    private static readonly string s_folder = Directory.CreateTempSubdirectory("b2c-identity-").FullName;
    private static readonly TokenSigner s_signer = TokenSigner.LoadOrCreate(Path.Combine(s_folder, "signing-key.pem"), JwksPath);

    static TestIdentity() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => Directory.Delete(s_folder, recursive: true);

    public static string JwksPath => Path.Combine(s_folder, "jwks.json");

    public static string TokenFor(string user) => s_signer.Sign(user, TimeSpan.FromHours(1), Issuer, Audience, TimeProvider.System);
}
