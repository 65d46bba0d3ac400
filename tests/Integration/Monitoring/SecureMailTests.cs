using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using static Back2Code.IntegrationTests.Monitoring.Notification;

namespace Back2Code.IntegrationTests.Monitoring;

/// <summary>Mail as it is sent outside a lab: through STARTTLS to a server that is known by its certificate, after a sign-in.</summary>
public sealed class SecureMailTests(SharedServers servers)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task A_mail_goes_through_TLS_after_a_sign_in_whose_password_can_be_changed_while_it_runs()
    {
        using var spool = new SpoolFolder();
        (X509Certificate2 authority, X509Certificate2 certificate) = Certificates();
        await using var smtp = new SmtpServer { Certificate = certificate, Account = ("alerts", "the right one") };
        smtp.Start();
        string trusted = Path.Combine(spool.Path, "ca.pem"), password = Path.Combine(spool.Path, "password");
        await File.WriteAllTextAsync(trusted, authority.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(password, "the wrong one\n", TestContext.Current.CancellationToken);

        // A process of its own: which authorities are trusted is read once, when a process starts.
        await using var monitoring = await MonitoringProcess.StartAsync(
            await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), spool.Path, trusted, Settings(smtp.Port, password));
        await monitoring.TellAsync(Alert("Down", 1));
        await Eventually.IsTrueAsync(() => smtp.Heard.Any(h => h.Line.StartsWith("AUTH", StringComparison.OrdinalIgnoreCase)) && smtp.Mails.IsEmpty, Bound, "the wrong password is refused");
        await File.WriteAllTextAsync(password, "the right one\n", TestContext.Current.CancellationToken);
        await Eventually.IsTrueAsync(() => !smtp.Mails.IsEmpty, Bound, "the mail arrives");

        Assert.Contains("Subject: [WARNING] Down summary (1 firing)\n", smtp.Mails.First(), StringComparison.Ordinal);
        Assert.Equal(["EHLO", "STARTTLS"], smtp.Heard.Where(h => !h.Encrypted).Select(h => h.Line.Split(' ')[0].ToUpperInvariant()).Distinct());
    }

    [Fact]
    public async Task A_server_whose_certificate_nobody_vouches_for_gets_neither_mail_nor_password()
    {
        using var spool = new SpoolFolder();
        await using var smtp = new SmtpServer { Certificate = Certificates().Server, Account = ("alerts", "secret") };
        await AssertNothingIsToldAsync(spool, smtp);
    }

    [Fact]
    public async Task A_server_that_does_not_offer_TLS_gets_neither_mail_nor_password()
    {
        using var spool = new SpoolFolder();
        await using var smtp = new SmtpServer { Account = ("alerts", "secret") };
        await AssertNothingIsToldAsync(spool, smtp);
    }

    private async Task AssertNothingIsToldAsync(SpoolFolder spool, SmtpServer smtp)
    {
        smtp.Start();
        string password = Path.Combine(spool.Path, "password");
        await File.WriteAllTextAsync(password, "secret", TestContext.Current.CancellationToken);
        await using MonitoringApplication monitoring = await MonitoringApplication.StartAsync(
            await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), spool.Path, Settings(smtp.Port, password));

        await monitoring.TellAsync(Alert("Down", 1));
        await Eventually.IsTrueAsync(() => smtp.Connections >= 2, Bound, "it is tried again");

        Assert.Empty(smtp.Mails);
        Assert.DoesNotContain(smtp.Heard, h => h.Line.StartsWith("AUTH", StringComparison.OrdinalIgnoreCase) || h.Line.StartsWith("MAIL", StringComparison.OrdinalIgnoreCase));
    }

    private static Dictionary<string, string> Settings(int port, string password) => new()
    {
        ["Monitoring:Smtp:Host"] = "localhost",
        ["Monitoring:Smtp:Port"] = port.ToString(CultureInfo.InvariantCulture),
        ["Monitoring:Smtp:From"] = "alerts@example.com",
        ["Monitoring:Smtp:To"] = "ada@example.com",
        ["Monitoring:Smtp:UserName"] = "alerts",
        ["Monitoring:Smtp:PasswordFile"] = password,
        ["Monitoring:Smtp:GatherFor"] = "00:00:00",
    };

    /// <summary>An authority, and a certificate for localhost that it has signed.</summary>
    private static (X509Certificate2 Authority, X509Certificate2 Server) Certificates()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=Test authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        X509Certificate2 authority = authorityRequest.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 issued = request.Create(authority, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        return (authority, issued.CopyWithPrivateKey(key));
    }

    /// <summary>The monitoring service as it is deployed, with authorities of its own to trust.</summary>
    private sealed class MonitoringProcess : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly HttpClient _http;

        private MonitoringProcess(Process process, int port)
        {
            _process = process;
            _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", MonitoringApplication.WebhookToken);
        }

        public static async Task<MonitoringProcess> StartAsync(string database, string spool, string trusted, Dictionary<string, string> settings)
        {
            int port = FreePort.Next();
            string program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Back2Code.Monitoring", "release", "Back2Code.Monitoring.dll"));
            var info = new ProcessStartInfo("dotnet", [program]) { WorkingDirectory = spool };
            info.Environment["SSL_CERT_FILE"] = trusted;
            info.Environment["SSL_CERT_DIR"] = spool;
            foreach ((string name, string value) in settings.Concat(new Dictionary<string, string>
            {
                ["URLS"] = $"http://127.0.0.1:{port}",
                ["ConnectionStrings:Postgres"] = database,
                ["Monitoring:SpoolDirectory"] = Path.Combine(spool, "spool"),
                ["Monitoring:WebhookToken"] = MonitoringApplication.WebhookToken,
                ["Monitoring:GatewayLogPort"] = "0",
                ["Service:Name"] = "monitoring",
                ["Service:Instance"] = "monitoring-1",
                ["Authentication:Issuer"] = TestIdentity.Issuer,
                ["Authentication:Audience"] = TestIdentity.Audience,
                ["Authentication:JwksPath"] = TestIdentity.JwksPath,
                ["Observability:DrainDelay"] = "00:00:00",
                ["Logging:LogLevel:Default"] = "Critical",
            }))
            {
                info.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
            }

            var started = new MonitoringProcess(Process.Start(info)!, port);
            await Eventually.IsTrueAsync(started.IsReadyAsync, Bound, "monitoring is ready");
            return started;
        }

        public async Task TellAsync(string alert)
        {
            using var body = new StringContent(Of(alert), Encoding.UTF8, "application/json");
            using HttpResponseMessage response = await _http.PostAsync("/v1/alerts/webhook", body, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
            _http.Dispose();
        }

        private async Task<bool> IsReadyAsync()
        {
            try
            {
                using HttpResponseMessage response = await _http.GetAsync("/health/ready", TestContext.Current.CancellationToken);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }
}
