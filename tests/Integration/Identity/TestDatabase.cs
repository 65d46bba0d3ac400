using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Back2Code.IntegrationTests.Identity;

/// <summary>Looks behind the service, into its database.</summary>
internal static class TestDatabase
{
    /// <summary>Lets time pass for rows: a test that waited for it would take as long.</summary>
    public static async Task AgeAsync(IdentityApplication identity, string sql)
    {
        await using var command = identity.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }

    public static async Task<T> ReadAsync<T>(IdentityApplication identity, string sql)
    {
        await using var command = identity.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}

internal static class ServiceExtensions
{
    public static string GetConnectionString(this IServiceProvider services) =>
        services.GetRequiredService<Microsoft.Extensions.Configuration.IConfiguration>()["ConnectionStrings:Postgres"]!;
}
