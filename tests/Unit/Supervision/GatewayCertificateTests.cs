using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using Back2Code.Chaos.Certificates;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.State;
using Back2Code.UnitTests.Resilience;

namespace Back2Code.UnitTests.Supervision;

[SupportedOSPlatform("linux")]
public sealed class GatewayCertificateTests : IDisposable
{
    private readonly StatePaths _paths = new(Directory.CreateTempSubdirectory("b2c-certificate-").FullName);
    private readonly ManualTime _time = new();

    public GatewayCertificateTests()
    {
        Directory.CreateDirectory(_paths.Secrets);
        Directory.CreateDirectory(_paths.Config);
    }

    public void Dispose() => Directory.Delete(_paths.Root, recursive: true);

    [Fact]
    public void It_is_a_servers_for_loopback_names_by_the_authority_beside_it()
    {
        Ensure();

        using var certificate = X509Certificate2.CreateFromPemFile(_paths.GatewayCertificate, _paths.GatewayKey);
        using var authority = DevelopmentAuthority.Load(File.ReadAllText(_paths.AuthorityCertificate), File.ReadAllText(_paths.AuthorityKey));
        Assert.True(authority.HasIssued(certificate));
        Assert.All((string[])["localhost", "127.0.0.1", "::1"], name => Assert.True(certificate.MatchesHostname(name), name));
        Assert.Equal(256, certificate.GetECDsaPublicKey()!.KeySize);
        Assert.Equal("1.3.6.1.5.5.7.3.1", certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages[0].Value);
    }

    [Fact]
    public void Private_keys_are_for_their_owner_only_and_certificates_for_all()
    {
        Ensure();

        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal((Private, Private), (File.GetUnixFileMode(_paths.AuthorityKey), File.GetUnixFileMode(_paths.GatewayKey)));
        Assert.True(File.GetUnixFileMode(_paths.AuthorityCertificate).HasFlag(UnixFileMode.OtherRead));
    }

    [Fact]
    public void It_stays_while_it_is_good_and_is_renewed_sixty_days_before_its_end_by_the_same_authority()
    {
        Ensure();
        var (first, authority) = (Certificate, Authority);

        _time.Advance(TimeSpan.FromDays(119));
        Ensure();
        string kept = Certificate;
        _time.Advance(TimeSpan.FromDays(2));
        Ensure();

        Assert.Equal(first, kept);
        Assert.NotEqual(first, Certificate);
        Assert.Equal(authority, Authority);
    }

    [Fact]
    public void An_authority_that_could_not_see_the_certificate_through_is_replaced_with_it()
    {
        Ensure();
        var (first, authority) = (Certificate, Authority);

        _time.Advance(TimeSpan.FromDays(3650 - 200));
        Ensure();

        Assert.NotEqual(authority, Authority);
        Assert.NotEqual(first, Certificate);
    }

    [Theory]
    [InlineData("config/gateway.crt")]
    [InlineData("config/gateway.crt.key")]
    [InlineData("ca.pem")]
    [InlineData("secrets/ca-key.pem")]
    public void A_file_that_is_cut_off_or_gone_is_made_again(string file)
    {
        string path = Path.Combine(_paths.Root, file);
        Ensure();
        string whole = File.ReadAllText(path);
        File.WriteAllText(path, whole[..(whole.Length / 2)]);

        Ensure();
        It_is_a_servers_for_loopback_names_by_the_authority_beside_it();
        File.Delete(path);

        Ensure();
        It_is_a_servers_for_loopback_names_by_the_authority_beside_it();
    }

    [Fact]
    public void The_authority_is_good_for_loopback_names_alone()
    {
        var now = _time.GetUtcNow();
        using var authority = DevelopmentAuthority.Create("test", now, now.AddDays(10));
        using var other = DevelopmentAuthority.Create("test", now, now.AddDays(10));
        using var near = authority.Issue(["localhost", "127.0.0.1", "::1"], now, now.AddDays(5));
        using var far = authority.Issue(["bank.example.com"], now, now.AddDays(5));
        using var address = authority.Issue(["192.0.2.1"], now, now.AddDays(5));

        Assert.True(authority.HasIssued(near));
        Assert.False(authority.HasIssued(far));
        Assert.False(authority.HasIssued(address));
        Assert.False(other.HasIssued(near));
    }

    private string Certificate => File.ReadAllText(_paths.GatewayCertificate);

    private string Authority => File.ReadAllText(_paths.AuthorityCertificate);

    private void Ensure() => new GatewayCertificate(_paths, static _ => { }, _time).Ensure();
}
