using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Experiments;

/// <summary>Secrets reach who asks for them, and nobody else: not the journal, not the screen.</summary>
public sealed class SecretTests(ExperimentServer server) : IClassFixture<ExperimentServer>, IDisposable
{
    private readonly ExperimentBench _bench = new();
    private readonly List<string> _said = [];

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_secret_that_is_echoed_into_every_corner_is_nowhere_to_be_read()
    {
        var (outcome, journal) = await _bench.RunAsync(
            """
            configuration: {dynamic: {type: probe, name: d, provider: {type: process, path: sh, arguments: "-c 'echo ${password}; exit 1'", secrets: [g]}}}
            secrets: {g: {password: s3cret value, pin: 83612}}
            steady-state-hypothesis:
              title: h
              probes: [{type: probe, name: p, tolerance: {type: regex, pattern: "^s3cret value", target: stdout}, provider: {type: process, path: echo, arguments: ["${password}"], secrets: [g]}}]
            method:
              - {type: action, name: prints, provider: {type: process, path: sh, arguments: "-c 'echo ${password}; echo ${pin} >&2'", secrets: [g]}}
              - {type: probe, name: sends, provider: {type: http, url: "${url}/echo", arguments: {a: "${password}"}, headers: {X-Custom: "${pin}"}, secrets: [g]}}
              - {type: action, name: fails, provider: {type: http, url: "http://127.0.0.1:1/?x=${password}", secrets: [g]}}
            rollbacks: [{type: action, name: again, provider: {type: process, path: echo, arguments: ["${password}"], secrets: [g]}}]
            """,
            server,
            new ExperimentOptions { Say = _said.Add });

        // The probe saw the secret itself.
        Assert.True(journal["steady_states"]!["before"]!["steady_state_met"]!.GetValue<bool>());
        var everything = $"{journal.ToJsonString()}\n{outcome.Reason}\n{string.Join('\n', _said)}";
        Assert.Contains("***", everything, StringComparison.Ordinal);
        foreach (var spelling in new[] { "s3cret value", "s3cret%20value", "s3cret+value", "83612" })
        {
            Assert.DoesNotContain(spelling, everything, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("vault_token: root", "secret", "2")]
    [InlineData("vault_role_id: role, vault_role_secret: shh", "secret", "2")]
    [InlineData("vault_token: root, vault_kv_version: '1', vault_secrets_mount_point: kv", "kv", "1")]
    public async Task A_vault_is_asked_for_its_secrets(string login, string mount, string version)
    {
        await using var vault = await StartVaultAsync(mount, version);

        var (_, journal) = await _bench.RunAsync(
            $$$$"""
            configuration: {vault_addr: "{{{{vault.Urls.First()}}}}", {{{{login}}}}}
            secrets: {g: {user: {type: vault, path: app/db, key: user}, all: {type: vault, path: app/db}}}
            method: [{type: action, name: a, provider: {type: process, path: test, arguments: ["${user}", "=", grace], secrets: [g]}}]
            """,
            server);

        Assert.Equal(0, journal["run"]![0]!["output"]!["status"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("vault_token: wrong", "{type: vault, path: app/db, key: user}", "answered 403")]
    [InlineData("vault_token: root", "{type: vault, path: app/none, key: user}", "answered 404")]
    [InlineData("vault_token: root", "{type: vault, path: app/db, key: none}", "has no key 'none'")]
    public async Task A_vault_that_does_not_give_it_ends_the_run_before_it_begins(string login, string entry, string words)
    {
        await using var vault = await StartVaultAsync("secret", "2");

        var error = await Assert.ThrowsAsync<ExperimentSettingsException>(() => _bench.RunAsync(
            $$$$"""
            configuration: {vault_addr: "{{{{vault.Urls.First()}}}}", {{{{login}}}}}
            secrets: {g: {user: {{{{entry}}}}}}
            method: []
            """,
            server));

        Assert.Contains("secret 'g.user'", error.Message, StringComparison.Ordinal);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    /// <summary>The three paths of Vault's HTTP API that are used.</summary>
    private static async Task<WebApplication> StartVaultAsync(string mount, string version)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var data = new JsonObject { ["user"] = "grace", ["port"] = 5432 };
        app.MapPost("/v1/auth/approle/login", async (HttpRequest request) =>
            (await JsonNode.ParseAsync(request.Body))?["secret_id"]?.ToString() == "shh" ? Results.Json(new { auth = new { client_token = "root" } }) : Results.StatusCode(400));
        app.MapGet($"/v1/{mount}/{(version == "2" ? "data/" : "")}app/db", (HttpRequest request) => request.Headers["X-Vault-Token"] != "root"
            ? Results.StatusCode(403)
            : Results.Text(new JsonObject { ["data"] = version == "2" ? new JsonObject { ["data"] = data.DeepClone() } : data.DeepClone() }.ToJsonString(), "application/json"));
        await app.StartAsync();
        return app;
    }
}
