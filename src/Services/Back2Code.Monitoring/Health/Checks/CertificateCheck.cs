using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health.Checks;

/// <summary>How long certificates are valid: those in PEM files, the first of a chain to end counts, and those that TLS servers show.</summary>
internal sealed class CertificateCheck(IOptions<HealthOptions> options, TimeProvider time) : IPlatformCheck
{
    public string Name => "certificate";

    public string Title => "Certificates";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken) =>
        options.Value.Certificates is { Count: > 0 } certificates
            ? await Task.WhenAll(certificates.Select((c, i) => LookAsync(Named.Of(c, where => TryEndpoint(where, out _, out _) ? $"server {i + 1}" : Named.LastPart(where)), cancellationToken)))
            : Finding.NotApplicable("no certificate is configured (Monitoring:Health:Certificates)");

    private async Task<Finding> LookAsync(Named certificate, CancellationToken cancellationToken)
    {
        try
        {
            return Judge(certificate.Name, TryEndpoint(certificate.Where, out string host, out int port)
                ? await ValidityOfServerAsync(host, port, cancellationToken)
                : ValidityOfFile(certificate.Where));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException or AuthenticationException or CryptographicException)
        {
            return new Finding(certificate.Name, HealthState.Unknown, $"the certificate cannot be read ({e.GetType().Name})", []);
        }
    }

    private Finding Judge(string target, (DateTime From, DateTime To) validity)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        if (now < validity.From)
        {
            return new Finding(target, HealthState.Critical, $"not valid before {validity.From:yyyy-MM-dd}", []);
        }

        double days = (validity.To - now).TotalDays;
        return Finding.Of(
            target,
            days < 0 ? $"ended {Amount.Seconds(-days * 86_400)} ago" : $"valid for {Amount.Seconds(days * 86_400)}, until {validity.To:yyyy-MM-dd}",
            new Reading("daysLeft", days, "d", options.Value.CertificateDaysWarning, options.Value.CertificateDaysCritical));
    }

    private static (DateTime From, DateTime To) ValidityOfFile(string path)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(path);
            return certificates.Count == 0
                ? throw new CryptographicException("There is no certificate in the file.")
                : (certificates.Max(c => c.NotBefore.ToUniversalTime()), certificates.Min(c => c.NotAfter.ToUniversalTime()));
        }
        finally
        {
            foreach (X509Certificate2 certificate in certificates)
            {
                certificate.Dispose();
            }
        }
    }

    private static async Task<(DateTime From, DateTime To)> ValidityOfServerAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host, port, cancellationToken);
        (DateTime, DateTime)? validity = null;

        // Nothing is sent over this connection, so whom it belongs to does not matter: an expired or unknown certificate is what we want to see.
#pragma warning disable CA5359
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) =>
        {
            validity = certificate is X509Certificate2 shown ? (shown.NotBefore.ToUniversalTime(), shown.NotAfter.ToUniversalTime()) : null;
            return true;
        });
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, cancellationToken);
        return validity ?? throw new AuthenticationException("The server showed no certificate.");
    }

    private static bool TryEndpoint(string where, out string host, out int port)
    {
        int colon = where.LastIndexOf(':');
        host = colon > 0 ? where[..colon].Trim('[', ']') : "";
        port = 0;
        return colon > 0 && !where.Contains('/', StringComparison.Ordinal)
            && int.TryParse(where[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65_535;
    }
}
