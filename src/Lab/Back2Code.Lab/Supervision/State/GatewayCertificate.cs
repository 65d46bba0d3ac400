using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Back2Code.Chaos.Certificates;

namespace Back2Code.Lab.Supervision.State;

/// <summary>
/// The gateway's TLS certificate, by an authority of this state folder: made at the first start, looked at at each, renewed in time. Private keys are readable by their owner
/// only: the authority's belongs to the lab, the gateway's to the user that the gateway runs as.
/// </summary>
internal sealed class GatewayCertificate(StatePaths paths, Action<string> own, TimeProvider time)
{
    /// <summary>Of a machine, not of a company: a certificate that lives no longer than this is renewed by nearly everybody's next start.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromDays(180);

    /// <summary>What is left when it is renewed: before the health monitor's first warning, at 21 days.</summary>
    private static readonly TimeSpan RenewWith = TimeSpan.FromDays(60);

    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(3650);

    /// <summary>Clocks of clients may be a little behind.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    private static readonly string[] Names = ["localhost", "127.0.0.1", "::1"];
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Everybody = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Makes what is missing or no longer good.</summary>
    public void Ensure()
    {
        using var authority = TryLoadAuthority() ?? CreateAuthority();
        if (!IsGood(authority))
        {
            var now = time.GetUtcNow();
            using var certificate = authority.Issue(Names, now - ClockSkew, now + Life);
            using var key = certificate.GetECDsaPrivateKey()!;

            // The key first: a start that ends in between finds two files that do not belong together, and makes both again.
            Write(paths.GatewayKey, key.ExportPkcs8PrivateKeyPem(), OwnerOnly);
            Write(paths.GatewayCertificate, certificate.ExportCertificatePem() + "\n", Everybody);
            own(paths.GatewayKey);
            own(paths.GatewayCertificate);
        }
    }

    private DevelopmentAuthority? TryLoadAuthority()
    {
        try
        {
            if (!File.Exists(paths.AuthorityKey) || !File.Exists(paths.AuthorityCertificate))
            {
                return null;
            }

            var authority = DevelopmentAuthority.Load(File.ReadAllText(paths.AuthorityCertificate), File.ReadAllText(paths.AuthorityKey));
            if (IsInTime(authority.Certificate, Life + RenewWith))
            {
                return authority;
            }

            authority.Dispose();
            return null;
        }
        catch (CryptographicException)
        {
            // Half a file, or another's: nothing depends on this authority that a new one could not issue.
            return null;
        }
    }

    private DevelopmentAuthority CreateAuthority()
    {
        var now = time.GetUtcNow();
        var authority = DevelopmentAuthority.Create($"Back2Code development CA {now:yyyy-MM-dd}", now - ClockSkew, now + AuthorityLife);
        using var key = authority.Certificate.GetECDsaPrivateKey()!;
        Write(paths.AuthorityKey, key.ExportPkcs8PrivateKeyPem(), OwnerOnly);
        Write(paths.AuthorityCertificate, authority.Certificate.ExportCertificatePem() + "\n", Everybody);
        return authority;
    }

    private bool IsGood(DevelopmentAuthority authority)
    {
        try
        {
            if (!File.Exists(paths.GatewayCertificate) || !File.Exists(paths.GatewayKey))
            {
                return false;
            }

            // Fails unless the key belongs to the certificate.
            using var certificate = X509Certificate2.CreateFromPemFile(paths.GatewayCertificate, paths.GatewayKey);
            return IsInTime(certificate, RenewWith) && authority.HasIssued(certificate);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private bool IsInTime(X509Certificate2 certificate, TimeSpan left)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return certificate.NotBefore.ToUniversalTime() <= now && certificate.NotAfter.ToUniversalTime() - now >= left;
    }

    private static void Write(string path, string pem, UnixFileMode mode) => AtomicFile.Write(path, Encoding.ASCII.GetBytes(pem), mode);
}
