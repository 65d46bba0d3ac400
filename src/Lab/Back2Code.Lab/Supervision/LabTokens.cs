using Back2Code.Authentication;
using Back2Code.Authentication.Signing;

namespace Back2Code.Lab.Supervision;

/// <summary>Stands in for the identity service: signs with the key that the lab made at its first start, and leaves the public keys alone, which a fault may have changed.</summary>
internal static class LabTokens
{
    public const string Audience = "back2code";

    /// <param name="paths">Where the key lies.</param>
    /// <param name="gatewayPort">Part of the issuer's name.</param>
    /// <param name="subject">Whose notes are meant.</param>
    /// <param name="lifetime">From now.</param>
    /// <param name="role">One of <see cref="Roles.All"/>: the least that the work at hand can do with.</param>
    public static string Create(StatePaths paths, int gatewayPort, string subject, TimeSpan lifetime, string role)
    {
        if (!File.Exists(paths.SigningKey))
        {
            throw new LabException($"There is no signing key in {paths.Secrets} yet; the first `back2code up` makes it.");
        }

        using var signer = TokenSigner.Load(paths.SigningKey);
        return signer.Sign(subject, lifetime, $"http://127.0.0.1:{gatewayPort}", Audience, TimeProvider.System, Permissions.ScopeOf(role), [role]);
    }
}
