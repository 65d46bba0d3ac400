using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Back2Code.Audit;
using Back2Code.Identity.Audit;
using Back2Code.IntegrationTests.Identity;
using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Back2Code.IntegrationTests.Audit;

/// <summary>The identity service with its servers, seen from its audit trail.</summary>
internal sealed class IdentityWithAudit : ServiceApplication<AuditView>
{
    private IdentityWithAudit(AuditDatabase database, IReadOnlyDictionary<string, string> settings)
        : base("identity", settings) => Database = database;

    public AuditDatabase Database { get; }

    /// <summary>Started and ready. The key that signs checkpoints is the test's unless one is given.</summary>
    public static async Task<IdentityWithAudit> StartAsync(AuditDatabase database, string? rabbitMq = null, string? signingKey = null)
    {
        IdentityWithAudit application = new(database, new Dictionary<string, string>
        {
            ["ConnectionStrings:Postgres"] = database.Service,
            ["ConnectionStrings:RabbitMQ"] = rabbitMq ?? NotesApplication.NoRabbitMq,
            ["Identity:EncryptionKey"] = IdentityApplication.EncryptionKey,
            ["Audit:SigningKey"] = signingKey ?? NewKey(),

            // Tests write checkpoints when they want one.
            ["Audit:CheckpointInterval"] = "1.00:00:00",
        });
        await application.StartAsync();
        return application;
    }

    public static async Task<IdentityWithAudit> StartAsync(SharedServers servers) => await StartAsync(await AuditDatabase.CreateAsync(await servers.PostgresAsync()));

    public static string NewKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKeyPem();
    }

    public static AuditRecord Record(int number) => AuditRecord.Create(TimeProvider.System, new AuditActor("ada", "tests", "192.0.2.1"), "user.role-changed", $"users/{number}");

    /// <summary>As the identity service's own code does it.</summary>
    public async Task AppendAsync(AuditRecord record, bool commit = true)
    {
        await using var connection = await Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await AuditTrail.AppendAsync(connection, record, TestContext.Current.CancellationToken);
        if (commit)
        {
            await transaction.CommitAsync(TestContext.Current.CancellationToken);
        }
    }

    public async Task AppendAsync(int count)
    {
        for (int number = 1; number <= count; number++)
        {
            await AppendAsync(Record(number));
        }
    }

    public async Task CheckpointAsync() =>
        Assert.NotNull(await Services.GetRequiredService<CheckpointWriter>().WriteOnceAsync(TestContext.Current.CancellationToken));

    public async Task<AuditVerdict> VerifyAsync()
    {
        using var client = AsUser("auditor");
        string answer = await client.GetStringAsync("/v1/audit/verification", TestContext.Current.CancellationToken);
        return JsonSerializer.Deserialize<AuditVerdict>(answer.TrimEnd('\n').Split('\n')[^1], JsonSerializerOptions.Web)!;
    }

    public async Task<AuditPage> ListAsync(string query = "?limit=500")
    {
        using var client = AsUser("auditor");
        return (await client.GetFromJsonAsync<AuditPage>("/v1/audit" + query, TestContext.Current.CancellationToken))!;
    }
}
