using System.Runtime.Versioning;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.State;

namespace Back2Code.UnitTests.Supervision;

[SupportedOSPlatform("linux")]
public sealed class SecretStoreTests : IDisposable
{
    private readonly StatePaths _paths = new(Directory.CreateTempSubdirectory("b2c-test-").FullName);

    public SecretStoreTests() => Directory.CreateDirectory(_paths.Secrets);

    [Fact]
    public void A_secret_is_made_once_and_only_its_owner_may_read_it()
    {
        var first = new SecretStore(_paths).GetOrCreate("redis");
        var second = new SecretStore(_paths).GetOrCreate("redis");

        Assert.Equal(first, second);
        Assert.Equal(32, first.Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_paths.Secrets, "redis.password")));
    }

    [Theory]
    [InlineData("identity-aes", "key of AES-256")]
    [InlineData("audit-signing", "private P-256 key")]
    public void A_key_is_made_once_and_a_damaged_one_is_said_to_be_damaged(string name, string kind)
    {
        var key = new SecretStore(_paths).GetOrCreate(name);

        Assert.Equal(key, new SecretStore(_paths).GetOrCreate(name));
        File.WriteAllText(Path.Combine(_paths.Secrets, $"{name}.password"), key[..^40]);
        Assert.Contains($"does not hold a {kind}", Assert.Throws<LabException>(() => new SecretStore(_paths).GetOrCreate(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_secrets_differ() =>
        Assert.NotEqual(new SecretStore(_paths).GetOrCreate("a"), new SecretStore(_paths).GetOrCreate("b"));

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("this one has a quote ' in it")]
    public void A_damaged_secret_is_said_to_be_damaged(string content)
    {
        File.WriteAllText(Path.Combine(_paths.Secrets, "redis.password"), content);

        var error = Assert.Throws<LabException>(() => new SecretStore(_paths).GetOrCreate("redis"));

        Assert.Contains("is damaged: secrets/redis.password does not hold a password", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_paths.Root, recursive: true);
}
