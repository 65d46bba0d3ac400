using System.Security.Cryptography;
using Back2Code.IntegrationTests.Servers;
using Npgsql;

namespace Back2Code.IntegrationTests.Audit;

/// <summary>A database as production has it: a login role that owns its schema and is no superuser. And the superuser, who tampers.</summary>
internal sealed class AuditDatabase
{
    private AuditDatabase(string service, string superuser) => (Service, Superuser) = (service, superuser);

    public string Service { get; }

    public string Superuser { get; }

    public static async Task<AuditDatabase> CreateAsync(PostgresServer postgres)
    {
        string superuser = await postgres.CreateDatabaseAsync("identity");
        string role = "identity_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        await ExecuteAsync(superuser, $"CREATE ROLE {role} LOGIN PASSWORD 'test-only'; ALTER SCHEMA identity OWNER TO {role}");
        return new AuditDatabase(new NpgsqlConnectionStringBuilder(superuser) { Username = role }.ConnectionString, superuser);
    }

    /// <summary>Behind the service's back, with every trigger of the trail off.</summary>
    public Task TamperAsync(string sql) => ExecuteAsync(Superuser, $"""
        ALTER TABLE audit_records DISABLE TRIGGER ALL;
        ALTER TABLE audit_checkpoints DISABLE TRIGGER ALL;
        ALTER TABLE audit_head DISABLE TRIGGER ALL;
        {sql};
        """);

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using NpgsqlConnection connection = new(connectionString + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
