using Back2Code.Chaos.Faults.RabbitMq;
using Back2Code.Data;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Messaging;
using Back2Code.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Back2Code.IntegrationTests.Secrets;

/// <summary>Passwords of Redis and RabbitMQ that change while a service is connected: refused with the old one, and back by itself with the new file.</summary>
public sealed class RotatedConnectionTests(SharedServers servers) : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-secrets-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Redis_is_connected_to_again_with_the_password_that_a_mounted_file_has_by_then()
    {
        await using var redis = await RedisServer.StartAsync();
        var role = $"service{Guid.NewGuid():N}";
        await redis.SendAsync($"ACL SETUSER {role} on >first ~* &* +@all", Cancellation);
        Mount("Redis", $"redis://{role}:first@127.0.0.1:{redis.Port}");
        using var host = Build(builder => builder.AddRedis());
        var client = host.Services.GetRequiredService<RedisClient>();
        await client.WaitUntilConnectedAsync(Cancellation);

        await redis.SendAsync($"ACL SETUSER {role} resetpass >second", Cancellation);
        await redis.SendAsync($"CLIENT KILL USER {role}", Cancellation);
        await Eventually.IsTrueAsync(() => !client.IsConnected, Bound, "the old password is refused");
        Mount("Redis", $"redis://{role}:second@127.0.0.1:{redis.Port}");

        await client.WaitUntilConnectedAsync(Cancellation).WaitAsync(Bound, Cancellation);
        await client.SetAsync("key", "written with the second password", TimeSpan.FromMinutes(1), Cancellation);
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task RabbitMQ_is_connected_to_again_with_the_password_that_a_mounted_file_has_by_then()
    {
        var broker = await servers.RabbitMqAsync();
        var role = $"service-{Guid.NewGuid():N}";
        await RunAsync(broker, "add_user", role, "first");
        await RunAsync(broker, "set_permissions", role, ".*", ".*", ".*");
        Mount("RabbitMQ", $"amqp://{role}:first@127.0.0.1:{broker.Port}/");
        using var host = Build(builder => builder.AddRabbitMq());
        await host.StartAsync(Cancellation);
        var connection = host.Services.GetRequiredService<RabbitMqConnection>();
        await connection.GetAsync(Cancellation).WaitAsync(Bound, Cancellation);

        await RunAsync(broker, "change_password", role, "second");
        await RunAsync(broker, "close_all_user_connections", role, "the password was changed");
        await Eventually.IsTrueAsync(() => connection.CurrentOrNull is null, Bound, "the connection has ended");
        Mount("RabbitMQ", $"amqp://{role}:second@127.0.0.1:{broker.Port}/");

        var again = await connection.GetAsync(Cancellation).WaitAsync(Bound, Cancellation);
        Assert.True(again.IsOpen);
        await host.StopAsync(Cancellation);
        await RunAsync(broker, "delete_user", role);
    }

    private static Task<string> RunAsync(RabbitMqServer broker, params string[] arguments) => RabbitMqCtl.RunAsync(broker.Pid, arguments, Cancellation);

    private IHost Build(Action<IHostApplicationBuilder> add)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["Secrets:Directory"] = _folder;
        builder.AddSecrets();
        add(builder);
        return builder.Build();
    }

    private void Mount(string name, string connectionString)
    {
        var file = Path.Combine(_folder, $"ConnectionStrings__{name}");
        File.WriteAllText(file + ".new", connectionString);
        File.Move(file + ".new", file, overwrite: true);
    }
}
