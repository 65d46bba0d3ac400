using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Back2Code.Chaos.Certificates;

/// <summary>
/// A certificate authority for one machine: ECDSA on P-256, and good for loopback names alone, so that whoever gets hold of its key can impersonate nobody else to those who trust
/// it. Not for production. Owns its certificate.
/// </summary>
public sealed class DevelopmentAuthority : IDisposable
{
    private const int SerialBytes = 16;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string NameConstraints = "2.5.29.30";

    // RFC 5280, section 4.2.1.6: the numbers that GeneralName gives to these kinds of names.
    private const int DnsName = 2;
    private const int IpAddress = 7;

    private DevelopmentAuthority(X509Certificate2 certificate) => Certificate = certificate;

    /// <summary>The authority's own certificate, with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Makes a new authority.</summary>
    /// <param name="name">Its common name: shown to whoever looks at a certificate.</param>
    /// <param name="from">Start of its validity.</param>
    /// <param name="to">End of its validity.</param>
    public static DevelopmentAuthority Create(string name, DateTimeOffset from, DateTimeOffset to)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Named(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(new X509Extension(NameConstraints, LoopbackOnly(), critical: true));
        return new DevelopmentAuthority(request.CreateSelfSigned(from, to));
    }

    /// <summary>Takes an authority up again.</summary>
    /// <exception cref="CryptographicException">One of the texts is not what it should be, or the two do not belong together.</exception>
    public static DevelopmentAuthority Load(string certificatePem, string keyPem)
    {
        using var certificate = X509Certificate2.CreateFromPem(certificatePem);
        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(keyPem);
            return new DevelopmentAuthority(certificate.CopyWithPrivateKey(key));
        }
        catch (ArgumentException e)
        {
            throw new CryptographicException("The authority's certificate and key cannot be used together.", e);
        }
    }

    /// <summary>Makes a key and a server's certificate for it.</summary>
    /// <param name="names">DNS names and IP addresses of the server; the first is its common name.</param>
    /// <param name="from">Start of its validity.</param>
    /// <param name="to">End of its validity, not after the authority's own.</param>
    public X509Certificate2 Issue(IReadOnlyList<string> names, DateTimeOffset from, DateTimeOffset to)
    {
        ArgumentNullException.ThrowIfNull(names);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Named(names[0]), key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuthentication)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(alternatives.Build());
        using var issued = request.Create(Certificate, from, to, RandomNumberGenerator.GetBytes(SerialBytes));
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>Whether it has issued this certificate.</summary>
    public bool HasIssued(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;

        // Whether it is still valid is another question.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();

    private static X500DistinguishedName Named(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name);
        return builder.Build();
    }

    /// <summary>RFC 5280, section 4.2.1.10: permittedSubtrees, each with an address and its mask or with a domain.</summary>
    private static byte[] LoopbackOnly()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        {
            Permit(() => writer.WriteCharacterString(UniversalTagNumber.IA5String, "localhost", new Asn1Tag(TagClass.ContextSpecific, DnsName)));
            Permit(() => writer.WriteOctetString([127, 0, 0, 0, 255, 0, 0, 0], new Asn1Tag(TagClass.ContextSpecific, IpAddress)));
            Permit(() => writer.WriteOctetString(
                [.. IPAddress.IPv6Loopback.GetAddressBytes(), .. Enumerable.Repeat((byte)255, 16)], new Asn1Tag(TagClass.ContextSpecific, IpAddress)));
        }

        return writer.Encode();

        void Permit(Action name)
        {
            using (writer.PushSequence())
            {
                name();
            }
        }
    }
}
