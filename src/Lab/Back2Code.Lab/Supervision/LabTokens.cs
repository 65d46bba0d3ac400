using Back2Code.Authentication.Signing;

namespace Back2Code.Lab.Supervision;

/// <summary>Stands in for the identity service: signs with the key that the lab made at its first start, and leaves the public keys alone, which a fault may have changed.</summary>
internal static class LabTokens
{
    public const string Audience = "back2code";

    public static string Create(StatePaths paths, int gatewayPort, string subject, TimeSpan lifetime)
    {
        if (!File.Exists(paths.SigningKey))
        {
            throw new LabException($"There is no signing key in {paths.Secrets} yet; the first `back2code up` makes it.");
        }

        using var signer = TokenSigner.Load(paths.SigningKey);
        return signer.Sign(subject, lifetime, $"http://127.0.0.1:{gatewayPort}", Audience, TimeProvider.System);
    }
}
