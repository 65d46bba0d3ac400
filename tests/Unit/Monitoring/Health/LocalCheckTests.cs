using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Back2Code.Monitoring;
using Back2Code.Monitoring.Health;
using Back2Code.Monitoring.Health.Checks;
using Back2Code.UnitTests.Resilience;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Monitoring.Health;

/// <summary>Checks of what is on this machine: disk, memory, certificates, backups.</summary>
public sealed class LocalCheckTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-checks-").FullName;
    private readonly ManualTime _time = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_disk_of_the_spool_is_looked_at_unless_others_are_named()
    {
        var finding = Assert.Single(await LookAsync(new DiskCheck(With(new HealthOptions()), Options.Create(new MonitoringOptions { SpoolDirectory = _folder }))));

        Assert.InRange(finding.Readings.Single(r => r.Name == "usedRatio").Value, 0, 1);
        Assert.NotEqual(HealthState.Unknown, finding.State);
    }

    [Fact]
    public async Task A_full_disk_is_critical_and_one_that_cannot_be_read_is_unknown()
    {
        var options = new HealthOptions { DiskPaths = [_folder, "/nowhere/at/all"], DiskUsedWarning = 0.000_000_1, DiskUsedCritical = 0.000_000_2 };

        var findings = await LookAsync(new DiskCheck(With(options), Options.Create(new MonitoringOptions())));

        Assert.Equal([HealthState.Critical, HealthState.Unknown], findings.Select(f => f.State));
    }

    [Fact]
    public async Task Memory_is_told_of_the_machine()
    {
        var machine = (await LookAsync(new MemoryCheck(With(new HealthOptions())))).Single(f => f.Target == "machine");

        Assert.InRange(machine.Readings.Single(r => r.Name == "usedRatio").Value, 0.001, 1);
    }

    [Fact]
    public async Task Of_a_control_group_the_cache_of_files_that_nobody_uses_is_not_in_use()
    {
        Write("memory.max", "1000000\n", hours: 0);
        Write("memory.current", "950000\n", hours: 0);
        Write("memory.stat", "anon 200000\nfile 750000\ninactive_file 600000\nactive_file 150000\n", hours: 0);

        var group = (await LookAsync(new MemoryCheck(With(new HealthOptions()), _folder))).Single(f => f.Target == "control group");

        Assert.Equal((HealthState.Ok, 0.35), (group.State, Math.Round(group.Readings.Single(r => r.Name == "usedRatio").Value, 6)));
    }

    [Fact]
    public async Task What_is_not_configured_is_not_applicable_and_never_ok()
    {
        var nothing = With(new HealthOptions());
        IPlatformCheck[] checks =
        [
            new BackupCheck(nothing, _time), new CertificateCheck(nothing, _time), new QueueCheck(nothing), new RedisCheck(new ConfigurationBuilder().Build(), nothing),
        ];

        foreach (var check in checks)
        {
            Assert.Equal(HealthState.NotApplicable, Assert.Single(await LookAsync(check)).State);
        }
    }

    [Theory]
    [InlineData(25, HealthState.Ok)]
    [InlineData(27, HealthState.Warning)]
    [InlineData(51, HealthState.Critical)]
    public async Task A_backup_is_as_old_as_its_newest_file(double hours, HealthState state)
    {
        Write("old.dump", "data", hours: 400);
        Write("sub/newest.dump", "data", hours);
        Write("failed.dump", "", hours: 0);

        var finding = Assert.Single(await LookAsync(new BackupCheck(With(new HealthOptions { BackupPath = _folder }), _time)));

        Assert.Equal((state, hours), (finding.State, Math.Round(finding.Readings[0].Value, 3)));
    }

    [Fact]
    public async Task No_backup_in_the_folder_is_critical_and_no_folder_is_unknown()
    {
        Assert.Equal(HealthState.Critical, Assert.Single(await LookAsync(new BackupCheck(With(new HealthOptions { BackupPath = _folder }), _time))).State);
        await Assert.ThrowsAsync<CheckFailedException>(() => LookAsync(new BackupCheck(With(new HealthOptions { BackupPath = Path.Combine(_folder, "missing") }), _time)));
    }

    [Theory]
    [InlineData(90, HealthState.Ok)]
    [InlineData(20, HealthState.Warning)]
    [InlineData(6, HealthState.Critical)]
    [InlineData(-2, HealthState.Critical)]
    public async Task A_certificate_in_a_file_is_judged_by_the_days_it_has_left(double days, HealthState state)
    {
        using var certificate = Certificate(_time.GetUtcNow() - TimeSpan.FromDays(300), _time.GetUtcNow() + TimeSpan.FromDays(days));
        string file = Path.Combine(_folder, "site.pem");
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);

        var finding = Assert.Single(await LookAsync(new CertificateCheck(With(new HealthOptions { Certificates = [file] }), _time)));

        Assert.Equal((state, "site.pem", days), (finding.State, finding.Target, Math.Round(finding.Readings[0].Value, 3)));
    }

    [Fact]
    public async Task The_first_certificate_of_a_chain_to_end_counts_and_one_that_is_not_valid_yet_is_critical()
    {
        using var leaf = Certificate(_time.GetUtcNow() - TimeSpan.FromDays(1), _time.GetUtcNow() + TimeSpan.FromDays(80));
        using var root = Certificate(_time.GetUtcNow() - TimeSpan.FromDays(1), _time.GetUtcNow() + TimeSpan.FromDays(10));
        using var early = Certificate(_time.GetUtcNow() + TimeSpan.FromDays(1), _time.GetUtcNow() + TimeSpan.FromDays(80));
        string chain = Path.Combine(_folder, "chain.pem"), soon = Path.Combine(_folder, "soon.pem"), broken = Path.Combine(_folder, "broken.pem");
        await File.WriteAllTextAsync(chain, leaf.ExportCertificatePem() + "\n" + root.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(soon, early.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(broken, "no certificate", TestContext.Current.CancellationToken);

        var findings = await LookAsync(new CertificateCheck(With(new HealthOptions { Certificates = [chain, soon, broken, Path.Combine(_folder, "missing.pem")] }), _time));

        Assert.Equal([HealthState.Warning, HealthState.Critical, HealthState.Unknown, HealthState.Unknown], findings.Select(f => f.State));
    }

    [Fact]
    public async Task A_TLS_server_is_judged_by_the_certificate_it_shows_even_an_ended_one()
    {
        using var certificate = Certificate(_time.GetUtcNow() - TimeSpan.FromDays(300), _time.GetUtcNow() - TimeSpan.FromDays(3));
        using var withKey = X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var server = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var tls = new SslStream(client.GetStream());
            await tls.AuthenticateAsServerAsync(withKey);
            _ = await tls.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false);
        });

        var finding = Assert.Single(await LookAsync(new CertificateCheck(With(new HealthOptions { Certificates = [$"127.0.0.1:{port}"] }), _time)));
        await server;

        Assert.Equal((HealthState.Critical, "ended 3 d ago"), (finding.State, finding.Summary));
    }

    [Fact]
    public async Task What_the_page_shows_has_names_and_neither_paths_nor_addresses()
    {
        var options = With(new HealthOptions
        {
            DiskPaths = [_folder, "data=/nowhere/at/all", "/"],
            Certificates = ["/etc/secret/site.pem", "127.0.0.1:1", "gateway=127.0.0.1:1", "old=/etc/secret/a=b.pem", "/etc/secret/a=b.pem"],
        });

        var disks = await LookAsync(new DiskCheck(options, Options.Create(new MonitoringOptions())));
        var certificates = await LookAsync(new CertificateCheck(options, _time));

        Assert.Equal([Path.GetFileName(_folder), "data", "root"], disks.Select(f => f.Target));
        Assert.Equal(["site.pem", "server 2", "gateway", "old", "a=b.pem"], certificates.Select(f => f.Target));
        Assert.DoesNotContain(disks.Concat(certificates), f => f.Summary.Contains("secret", StringComparison.Ordinal) || f.Summary.Contains("127.0.0.1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_is_not_there_has_an_unknown_certificate()
    {
        var finding = Assert.Single(await LookAsync(new CertificateCheck(With(new HealthOptions { Certificates = ["127.0.0.1:1"] }), _time)));

        Assert.Equal((HealthState.Unknown, "the certificate cannot be read (SocketException)"), (finding.State, finding.Summary));
    }

    [Fact]
    public void Queues_are_read_from_the_brokers_metrics_with_their_names_unescaped() =>
        Assert.Equal(
            [("notifications.notes", 3d), ("other/notifications.notes", 7d), ("odd \"name\" \\ }", 1200d)],
            QueueCheck.Read("""
                # TYPE rabbitmq_detailed_queue_messages gauge
                rabbitmq_detailed_queue_messages_ready{vhost="/",queue="notifications.notes"} 2
                rabbitmq_detailed_queue_messages{vhost="/",queue="notifications.notes"} 3
                rabbitmq_detailed_queue_messages{vhost="other",queue="notifications.notes"} 7
                rabbitmq_detailed_queue_messages{vhost="/",queue="odd \"name\" \\ }"} 1.2e3
                rabbitmq_detailed_queue_messages{vhost="/",queue="broken"} what
                rabbitmq_detailed_queue_messages{
                """));

    private static Task<IReadOnlyList<Finding>> LookAsync(IPlatformCheck check) => check.RunAsync(TestContext.Current.CancellationToken);

    private static IOptions<HealthOptions> With(HealthOptions options) => Options.Create(options);

    private void Write(string name, string content, double hours)
    {
        var file = new FileInfo(Path.Combine(_folder, name));
        file.Directory!.Create();
        File.WriteAllText(file.FullName, content);
        file.LastWriteTimeUtc = _time.GetUtcNow().UtcDateTime - TimeSpan.FromHours(hours);
    }

    private static X509Certificate2 Certificate(DateTimeOffset from, DateTimeOffset to)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256).CreateSelfSigned(from, to);
    }
}
