using Back2Code.Secrets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Secrets;

public sealed class SecretFolderTests : IDisposable
{
    private const string Sown = "SOWN-secret-value";

    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-secrets-").FullName;
    private readonly LogLines _logs = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_file_is_a_key_and_its_last_line_end_is_none_of_the_value()
    {
        Write("ConnectionStrings__Postgres", "Host=db\n");
        Write("Two", "first\nsecond\r\n");
        Write("Empty", "");
        Write(".hidden", "no");
        Write("with space", "no");

        var configuration = Build().Configuration;

        Assert.Equal("Host=db", configuration.GetConnectionString("Postgres"));
        Assert.Equal("first\nsecond", configuration["Two"]);
        Assert.Equal("", configuration["Empty"]);
        Assert.Equal("configured", configuration["Key"]);
        Assert.Null(configuration[".hidden"]);
    }

    [Fact]
    public async Task A_mount_that_is_swapped_below_its_link_is_noticed_as_Kubernetes_does_it()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "..one"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "..one", "Key"), "one", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Path.Combine(_folder, "..data"), "..one");
        File.CreateSymbolicLink(Path.Combine(_folder, "Key"), "..data/Key");
        var builder = Build();
        string? before = builder.Configuration["Key"];

        Directory.CreateDirectory(Path.Combine(_folder, "..two"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "..two", "Key"), "two", TestContext.Current.CancellationToken);
        File.Delete(Path.Combine(_folder, "..data"));
        File.CreateSymbolicLink(Path.Combine(_folder, "..data"), "..two");
        await ReloadAsync(builder);

        Assert.Equal(("one", "two"), (before, builder.Configuration["Key"]));
    }

    [Fact]
    public async Task A_file_that_goes_takes_its_value_with_it_and_one_that_cannot_be_read_does_not()
    {
        Write("Key", "one");
        Write("Other", Sown);
        var builder = Build();

        File.Delete(Path.Combine(_folder, "Key"));
        await File.WriteAllBytesAsync(Path.Combine(_folder, "Other"), new byte[SecretFolder.LongestSecret + 1], TestContext.Current.CancellationToken);
        await ReloadAsync(builder);

        Assert.Equal(("configured", Sown), (builder.Configuration["Key"], builder.Configuration["Other"]));
        Assert.Contains(_logs.Lines, line => line.Contains("Other: it has more than 65536 bytes", StringComparison.Ordinal));
        Assert.DoesNotContain(_logs.Lines, line => line.Contains("SOWN", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_no_text_or_too_large_or_too_many_or_not_there_ends_the_start()
    {
        File.WriteAllBytes(Path.Combine(_folder, "Key"), [0xFF, 0xFE, .. "SOWN"u8]);
        var noText = Assert.Throws<SecretException>(() => Build());
        Write("Key", new string('x', SecretFolder.LongestSecret + 1));
        var large = Assert.Throws<SecretException>(() => Build());
        for (int n = 0; n <= SecretFolder.MostSecrets; n++)
        {
            Write($"Key{n}", "");
        }

        var many = Assert.Throws<SecretException>(() => Build());
        var absent = Assert.Throws<SecretException>(() => Build(Path.Combine(_folder, "absent")));

        Assert.Contains("Key cannot be read", noText.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SOWN", noText.ToString(), StringComparison.Ordinal);
        Assert.Contains("more than 65536 bytes", large.Message, StringComparison.Ordinal);
        Assert.Contains("more than 256 files", many.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", absent.Message, StringComparison.Ordinal);
    }

    private HostApplicationBuilder Build(string? folder = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Key"] = "configured", ["Secrets:Directory"] = folder ?? _folder });
        builder.Logging.AddProvider(_logs);
        builder.AddSecrets();
        return builder;
    }

    private static async Task ReloadAsync(HostApplicationBuilder builder)
    {
        var source = builder.Configuration.Sources.OfType<SecretFolder>().Single();
        using var host = builder.Build();
        await host.Services.GetRequiredService<SecretReloader>().ReloadOnceAsync(source, TestContext.Current.CancellationToken);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
