namespace Back2Code.Authentication.Signing;

/// <summary>Signs access tokens with a key of its own. For the lab and for tests, until an identity service issues them.</summary>
public sealed class TokenSigner : IDisposable
{
    /// <summary>Loads the key, or creates it with mode 0600; writes the public key set beside it.</summary>
    /// <param name="pemPath">Private key, PKCS #8 PEM.</param>
    /// <param name="jwksPath">Public keys, RFC 7517.</param>
    public static TokenSigner LoadOrCreate(string pemPath, string jwksPath) => throw new NotImplementedException();

    /// <summary>Signs an access token (RFC 9068) for a subject.</summary>
    /// <param name="subject">Becomes <c>sub</c>.</param>
    /// <param name="lifetime">From now to <c>exp</c>.</param>
    /// <param name="issuer">Becomes <c>iss</c>.</param>
    /// <param name="audience">Becomes <c>aud</c>.</param>
    /// <param name="time">The clock.</param>
    public string Sign(string subject, TimeSpan lifetime, string issuer, string audience, TimeProvider time) => throw new NotImplementedException();

    /// <summary>Forgets the key.</summary>
    public void Dispose() => throw new NotImplementedException();
}
