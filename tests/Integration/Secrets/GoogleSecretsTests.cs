using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Back2Code.Secrets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Secrets;

public sealed class GoogleSecretsTests
{
    private const string Sown = "SOWN-secret-value";

    [Fact]
    public async Task A_secret_is_read_with_the_metadata_servers_token_and_wins_over_what_was_configured()
    {
        await using var server = await SecretManagerServer.StartAsync();
        server.Secrets["ConnectionStrings__Postgres"] = "Host=db;Password=" + Sown;
        server.Secrets["Plain"] = "Zoë";

        var builder = Builder(server, "ConnectionStrings__Postgres, Plain");
        builder.AddSecrets();

        Assert.Equal("Host=db;Password=" + Sown, builder.Configuration.GetConnectionString("Postgres"));
        Assert.Equal("Zoë", builder.Configuration["Plain"]);
        Assert.Equal((2, 1), (server.Calls, server.Tokens));
    }

    [Fact]
    public async Task A_new_version_comes_into_force_without_a_restart_and_an_answer_that_fails_changes_nothing()
    {
        await using var server = await SecretManagerServer.StartAsync();
        server.Secrets["Key"] = "one";
        var logs = new LogLines();
        var builder = Builder(server, "Key");
        builder.Logging.AddProvider(logs);
        builder.AddSecrets();
        using var host = builder.Build();
        var reloader = host.Services.GetRequiredService<SecretReloader>();
        var source = builder.Configuration.Sources.OfType<GoogleSecretManager>().Single();
        int told = 0;
        using var watch = Microsoft.Extensions.Primitives.ChangeToken.OnChange(((IConfigurationRoot)builder.Configuration).GetReloadToken, () => told++);

        server.Secrets["Key"] = Sown;
        await reloader.ReloadOnceAsync(source, TestContext.Current.CancellationToken);
        server.Answer(403);
        await reloader.ReloadOnceAsync(source, TestContext.Current.CancellationToken);

        Assert.Equal(Sown, builder.Configuration["Key"]);
        Assert.Equal(1, told);
        Assert.Contains(logs.Lines, line => line.Contains("Secrets changed", StringComparison.Ordinal) && line.Contains("Key", StringComparison.Ordinal));
        Assert.Contains(logs.Lines, line => line.Contains("answered 403", StringComparison.Ordinal));
        Assert.DoesNotContain(logs.Lines, line => line.Contains("SOWN", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(429, "1")]
    [InlineData(503, null)]
    [InlineData(500, null)]
    public async Task What_will_pass_is_tried_again(int status, string? retryAfter)
    {
        await using var server = await SecretManagerServer.StartAsync();
        server.Secrets["Key"] = Sown;
        server.Answer(status, retryAfter);
        server.Answer(status, retryAfter: null);

        var builder = Builder(server, "Key");
        builder.AddSecrets();

        Assert.Equal(Sown, builder.Configuration["Key"]);
        Assert.Equal(3, server.Calls);
    }

    [Fact]
    public async Task Attempts_are_bounded()
    {
        await using var server = await SecretManagerServer.StartAsync();
        for (int n = 0; n < 10; n++)
        {
            server.Answer(503);
        }

        var error = Assert.Throws<SecretException>(() => Builder(server, "Key").AddSecrets());

        Assert.Contains("answered 503 (attempt 3 of 3)", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, server.Calls);
    }

    [Theory]
    [InlineData(401, "the access token is not accepted")]
    [InlineData(403, "lacks secretmanager.versions.access")]
    [InlineData(404, "there is no such secret")]
    [InlineData(302, "answered 302")]
    public async Task What_will_not_pass_ends_the_start_with_the_name_and_the_cause(int status, string cause)
    {
        await using var server = await SecretManagerServer.StartAsync();
        server.Answer(status, body: Sown);

        var error = Assert.Throws<SecretException>(() => Builder(server, "Key").AddSecrets());

        Assert.Contains("Secret Key", error.Message, StringComparison.Ordinal);
        Assert.Contains(cause, error.Message, StringComparison.Ordinal);
        Assert.Equal(1, server.Calls);
        Assert.DoesNotContain("SOWN", error.ToString(), StringComparison.Ordinal);
    }

    public static TheoryData<string> Garbage =>
    [
        Sown,
        $"\"{Sown}\"",
        "[]",
        "{}",
        $$"""{"payload":"{{Sown}}"}""",
        "{\"payload\":{\"data\":\"" + Sown + "!\"}}",
        """{"payload":{"data":17}}""",
        """{"payload":{"data":"U09XTg==","dataCrc32c":"1"}}""",
        """{"payload":{"data":"U09XTg==","dataCrc32c":"SOWN"}}""",
        """{"payload":{"data":"/////w=="}}""",
        "{\"payload\":{\"data\":\"" + Convert.ToBase64String(new byte[70_000]) + "\"}}",
        "{\"payload\":{\"data\":\"" + new string('A', 200_000) + "\"}}",
        new string('[', 1_000),
    ];

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_is_refused_and_not_repeated(string body)
    {
        await using var server = await SecretManagerServer.StartAsync();
        server.Answer(200, body: body);

        var error = Assert.Throws<SecretException>(() => Builder(server, "Key").AddSecrets());

        Assert.Contains("Secret Key", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SOWN", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("U09XTg", error.ToString(), StringComparison.Ordinal);
        Assert.InRange(error.ToString().Length, 1, 4_000);
    }

    [Fact]
    public async Task A_slow_answer_is_given_up_and_the_message_names_the_knob()
    {
        await using var server = await SecretManagerServer.StartAsync();
        for (int n = 0; n < 3; n++)
        {
            server.Next.Enqueue(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        }

        var error = Assert.Throws<SecretException>(() => Builder(server, "Key").AddSecrets());

        Assert.Contains("Secrets:GoogleTimeout (300 ms)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_account_signs_its_way_to_a_token()
    {
        await using var server = await SecretManagerServer.StartAsync();
        server.Secrets["Key"] = Sown;
        using var key = RSA.Create(2048);
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            file,
            JsonSerializer.Serialize(new { client_email = "lab@lab.iam.gserviceaccount.com", private_key = key.ExportPkcs8PrivateKeyPem(), token_uri = new Uri(server.Address, "/token").ToString() }),
            TestContext.Current.CancellationToken);

        var builder = Builder(server, "Key", ("Secrets:GoogleCredentialsPath", file));
        builder.AddSecrets();
        File.Delete(file);

        Assert.Equal(Sown, builder.Configuration["Key"]);
        string[] parts = server.Assertion!.Split('.');
        Assert.True(key.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), System.Buffers.Text.Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    [Fact]
    public async Task A_broken_key_file_is_named_and_not_quoted()
    {
        await using var server = await SecretManagerServer.StartAsync();
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $$"""{"client_email":"a","private_key":"{{Sown}}","token_uri":"http://x"}""", TestContext.Current.CancellationToken);

        var error = Assert.Throws<SecretException>(() => Builder(server, "Key", ("Secrets:GoogleCredentialsPath", file)).AddSecrets());
        File.Delete(file);

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SOWN", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../other")]
    [InlineData("a b")]
    public async Task Names_that_Secret_Manager_does_not_have_are_refused_before_it_is_asked(string names)
    {
        await using var server = await SecretManagerServer.StartAsync();

        Assert.Throws<SecretException>(() => Builder(server, names).AddSecrets());

        Assert.Equal(0, server.Calls);
    }

    [Fact]
    public void The_checksum_is_CRC_32C() => Assert.Equal(0xE3069283u, GoogleSecretManager.Crc32C("123456789"u8));

    private static HostApplicationBuilder Builder(SecretManagerServer server, string names, params (string Key, string Value)[] more)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Key"] = "configured",
            ["Secrets:GoogleProject"] = "lab",
            ["Secrets:GoogleSecrets"] = names,
            ["Secrets:GoogleAddress"] = server.Address.ToString(),
            ["Secrets:GoogleMetadataAddress"] = server.Address.ToString(),
            ["Secrets:GoogleTimeout"] = "00:00:00.300",
            ["Secrets:GoogleAttempts"] = "3",
            ["Secrets:GoogleBackoff"] = "00:00:00.010",
        });
        builder.Configuration.AddInMemoryCollection(more.Select(pair => KeyValuePair.Create<string, string?>(pair.Key, pair.Value)));
        return builder;
    }
}
