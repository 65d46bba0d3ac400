using System.Diagnostics;
using System.Runtime.Versioning;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Topology;
using Npgsql;

namespace Back2Code.IntegrationTests.Supervision;

[SupportedOSPlatform("linux")]
public sealed class LifeOfAPlatformTests
{
    private const int Stop = 19;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_waits_for_others_starts_after_them_and_stops_before_them()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis, "  late: {program: sleep, arguments: [infinity], after: [redis]}\n");

        await using (var platform = await small.StartAsync())
        {
            var status = await platform.Client.GetStatusAsync(Token);
            Assert.True(status.Ready);
            Assert.Equal(Environment.ProcessId, status.LabPid);
            Assert.True(status.Of("late").StartTicks >= status.Of("redis").StartTicks);
        }

        var order = small.Messages.Where(m => m.State is ProcessState.Ready or ProcessState.Stopped).Select(m => $"{m.Process} {m.State}");
        Assert.Equal(["redis Ready", "late Ready", "late Stopped", "redis Stopped"], order);
    }

    [Fact]
    public async Task Secrets_are_in_files_of_their_owner_and_on_no_command_line()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis, SmallPlatform.Postgres);
        await using var platform = await small.StartAsync();

        var secrets = Directory.GetFiles(small.Paths.Secrets);
        var lines = small.Children().Select(ProcFs.CommandLine).ToList();

        Assert.True(secrets.Length >= 4, string.Join(' ', secrets));
        Assert.All(secrets, s => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(s)));
        Assert.All(secrets, s => Assert.DoesNotContain(lines, l => l!.Contains(File.ReadAllText(s), StringComparison.Ordinal)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(small.Paths.Secrets));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(small.Paths.Config, "redis.conf")));
    }

    [Fact]
    public async Task A_role_owns_its_schema_reads_no_other_and_finds_its_rows_after_a_restart()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Postgres);
        await using (var first = await small.StartAsync())
        {
            await ExecuteAsync(small, first, "notes", "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
            await ExecuteAsync(small, first, "other", "CREATE TABLE private (n int)");
            var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(small, first, "notes", "SELECT n FROM other.private"));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }

        await using var second = await small.StartAsync();

        Assert.Equal(7, await ExecuteAsync(small, second, "notes", "SELECT n FROM kept"));
    }

    [Fact]
    public async Task A_killed_process_comes_back()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        await using var platform = await small.StartAsync();
        var before = await platform.StatusOfAsync("redis");

        SmallPlatform.Kill(before);

        var after = await platform.WaitForAsync("redis", p => p is { State: ProcessState.Ready, Restarts: 1 }, "is restarted");
        Assert.NotEqual(before.Pid, after.Pid);
        Assert.Contains("redis: was ended by SIGKILL; restarts in 0.2 s", small.AllMessages, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_process_comes_back_although_nobody_can_be_told()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        await using var platform = await small.StartAsync();
        small.TakesNoMessages = true;

        SmallPlatform.Kill(await platform.StatusOfAsync("redis"));

        await platform.WaitForAsync("redis", p => p is { State: ProcessState.Ready, Restarts: 1 }, "is restarted");
    }

    [Fact]
    public async Task A_process_that_hangs_is_killed_and_comes_back()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.RedisThat("restart: {hung: 2s}"));
        await using var platform = await small.StartAsync();
        var before = await platform.StatusOfAsync("redis");

        SmallPlatform.Signal(before, Stop);

        var after = await platform.WaitForAsync("redis", p => p is { State: ProcessState.Ready, Restarts: 1 }, "is restarted");
        Assert.NotEqual(before.Pid, after.Pid);
        Assert.Contains("s and is killed", small.AllMessages, StringComparison.Ordinal);
        Assert.Contains("was ended by SIGKILL", small.AllMessages, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_is_held_may_hang_until_it_is_released()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.RedisThat("restart: {hung: 500ms}"));
        await using var platform = await small.StartAsync();
        var before = await platform.StatusOfAsync("redis");
        await platform.Client.HoldAsync("redis", TimeSpan.FromMinutes(5), Token);
        SmallPlatform.Signal(before, Stop);
        await platform.WaitForAsync("redis", p => p.State == ProcessState.Unready, "hangs");

        // Several times as long as it would have been given.
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        for (var look = 0; look < 16; look++)
        {
            await looks.WaitForNextTickAsync(Token);
            Assert.Equal((before.Pid, ProcessState.Unready), ((await platform.StatusOfAsync("redis")).Pid, (await platform.StatusOfAsync("redis")).State));
        }

        await platform.Client.ReleaseAsync("redis", Token);
        await platform.WaitForAsync("redis", p => p is { State: ProcessState.Ready, Restarts: 1 }, "is restarted");
    }

    [Fact]
    public async Task A_process_that_is_not_ready_but_alive_is_left_alone()
    {
        // As a gateway without a server: /ready says no for as long as the flag is missing, /alive says yes.
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "There is no python3 here.");
        await using var small = SmallPlatform.Of(
            "  web: {program: /usr/bin/python3, port: 80, arguments: [-m, http.server, '${port}', --bind, 127.0.0.1], restart: {hung: 500ms}, ready: {probe: http, path: /ready, alive: /}}\n");
        var starting = small.StartAsync();
        await Eventually.IsTrueAsync(() => Directory.Exists(Path.Combine(small.State, "data", "web")), TimeSpan.FromSeconds(20), "its folder is there");
        var flag = Path.Combine(small.State, "data", "web", "ready");
        File.WriteAllText(flag, "");
        await using var platform = await starting;
        var before = await platform.StatusOfAsync("web");

        File.Delete(flag);
        await platform.WaitForAsync("web", p => p.State == ProcessState.Unready, "is not ready");
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        for (var look = 0; look < 12; look++)
        {
            await looks.WaitForNextTickAsync(Token);
        }

        File.WriteAllText(flag, "");
        var after = await platform.WaitForAsync("web", p => p.State == ProcessState.Ready, "is ready again");
        Assert.Equal((before.Pid, 0), (after.Pid, after.Restarts));
    }

    [Fact]
    public async Task A_held_process_stays_down_until_it_is_released()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        await using var platform = await small.StartAsync();
        var before = await platform.StatusOfAsync("redis");
        await platform.Client.HoldAsync("redis", TimeSpan.FromMinutes(5), Token);
        Assert.Equal(ProcessState.Ready, (await platform.StatusOfAsync("redis")).State);

        SmallPlatform.Kill(before);
        var down = await platform.WaitForAsync("redis", p => p.State == ProcessState.Held, "is held");
        await platform.Client.ReleaseAsync("redis", Token);

        Assert.Null(down.Pid);
        await platform.WaitForAsync("redis", p => p is { State: ProcessState.Ready, Restarts: 1 }, "is back");
    }

    [Fact]
    public async Task A_held_process_comes_back_by_itself_when_the_lease_ends()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis);
        await using var platform = await small.StartAsync();
        await platform.Client.HoldAsync("redis", TimeSpan.FromSeconds(0.5), Token);

        SmallPlatform.Kill(await platform.StatusOfAsync("redis"));

        await platform.WaitForAsync("redis", p => p is { State: ProcessState.Ready, Restarts: 1 }, "is back");
    }

    [Fact]
    public async Task To_hold_what_does_not_exist_is_an_error_that_names_what_does()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        await using var platform = await small.StartAsync();

        var error = await Assert.ThrowsAsync<LabException>(() => platform.Client.HoldAsync("slepper", TimeSpan.FromSeconds(1), Token));

        Assert.Equal("There is no process 'slepper'; there are sleeper.", error.Message);
    }

    [Fact]
    public async Task A_frozen_process_is_unready_and_can_still_be_stopped_in_time()
    {
        await using var small = SmallPlatform.Of(
            SmallPlatform.Redis.Replace("probe: redis,", "probe: redis, steady: 100ms, timeout: 200ms,", StringComparison.Ordinal), SmallPlatform.Postgres);
        var platform = await small.StartAsync();

        SmallPlatform.Signal(await platform.StatusOfAsync("redis"), 19);
        SmallPlatform.Signal(await platform.StatusOfAsync("postgres"), 19);
        await platform.WaitForAsync("redis", p => p.State == ProcessState.Unready, "is unready");
        var began = Stopwatch.GetTimestamp();
        await platform.DisposeAsync();

        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 10);
        Assert.Empty(small.Children());
    }

    [Fact]
    public async Task A_busy_backend_does_not_keep_postgres_from_coming_back()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Postgres);
        await using var platform = await small.StartAsync();
        var before = await platform.StatusOfAsync("postgres");
        await using var connection = await ConnectAsync(small, platform, "notes");
        await using var command = new NpgsqlCommand("SELECT sum(g) FROM generate_series(1, 100000000000) g", connection) { CommandTimeout = 120 };
        var query = command.ExecuteScalarAsync(Token);
        await using (var other = await ConnectAsync(small, platform, "notes"))
        {
            await using var busy = new NpgsqlCommand("SELECT count(*) > 1 FROM pg_stat_activity WHERE usename = 'notes' AND state = 'active'", other);
            await Servers.Eventually.IsTrueAsync(async () => (bool)(await busy.ExecuteScalarAsync(Token))!, TimeSpan.FromSeconds(10), "the query runs");
        }

        SmallPlatform.Kill(before);

        await platform.WaitForAsync("postgres", p => p.State == ProcessState.Ready && p.Pid != before.Pid, "accepts connections again");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => query);
    }

    [Fact]
    public async Task A_stale_pid_file_that_names_a_living_process_does_not_keep_postgres_down()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Postgres);
        await using (await small.StartAsync())
        {
            // Only to have a cluster.
        }

        // A process of the user that PostgreSQL runs as: the case that PostgreSQL itself takes for a running server.
        var user = await RunUser.ResolveAsync(Token);
        string[] command = [.. user.Prefix().SkipWhile(p => p != "setpriv").Where(p => p is not ("--pdeathsig" or "KILL")), "sleep", "60"];
        using var other = Process.Start(command[0], command.Skip(1));
        try
        {
            File.WriteAllText(Path.Combine(small.Paths.DataOf("postgres"), "cluster", "postmaster.pid"), $"{other.Id}\n/nowhere\n1\n1\n\n\n\n");

            await using var platform = await small.StartAsync();

            Assert.Equal(0, (await platform.StatusOfAsync("postgres")).Restarts);
            Assert.False(other.HasExited);
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact]
    public async Task The_fault_proxy_gets_its_links_again_after_a_restart()
    {
        await using var small = SmallPlatform.OfTopology($$"""
            proxy: toxiproxy
            links: {sleeper: [redis]}
            processes:
              toxiproxy: {assembly: Back2Code.Cli/back2code, arguments: [toxiproxy, --host, 127.0.0.1, --port, '${port}'], port: 74, ready: {probe: http, path: /version} }
            {{SmallPlatform.Redis}}{{SmallPlatform.Sleeper}}
            """);
        await using var platform = await small.StartAsync();
        var status = await platform.Client.GetStatusAsync(Token);
        var link = Assert.Single(status.Links);
        Assert.Equal(("sleeper-to-redis", status.Of("redis").Port), (link.Name, link.UpstreamPort));

        SmallPlatform.Kill(status.Of("toxiproxy"));
        await platform.WaitForAsync("toxiproxy", p => p is { State: ProcessState.Ready, Restarts: 1 }, "is back");

        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync("127.0.0.1", link.ListenPort, Token);
        await socket.GetStream().WriteAsync("PING\r\n"u8.ToArray(), Token);
        var answer = new byte[7];
        await socket.GetStream().ReadExactlyAsync(answer, Token);
        Assert.Equal("-NOAUTH"u8.ToArray(), answer);
    }

    [Fact]
    public async Task Attaching_finds_the_running_platform_and_does_not_stop_it()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        await using var owner = await small.StartAsync();

        await using (var guest = await Platform.StartOrAttachAsync(small.Options(), null, Token))
        {
            Assert.False(guest.Owned);
            Assert.Equal((await owner.StatusOfAsync("sleeper")).Pid, (await guest.StatusOfAsync("sleeper")).Pid);
        }

        Assert.Equal(ProcessState.Ready, (await owner.StatusOfAsync("sleeper")).State);
        Assert.True(owner.Owned);
    }

    [Theory]
    [InlineData("with spaces and 'quotes'")]
    [InlineData("a-long-name-a-long-name-a-long-name-a-long-name/a-long-name-a-long-name-a-long-name-a-long-name/a-long-name-a-long-name")]
    public async Task Any_path_will_do_for_the_state(string name)
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Redis, SmallPlatform.Postgres);
        small.State = Path.Combine(small.Folder, name);

        await using (var platform = await small.StartAsync())
        {
            Assert.True((await platform.Client.GetStatusAsync(Token)).Ready);
            using var attached = await LabClient.TryConnectAsync(small.State, Token);
            Assert.NotNull(attached);
        }

        Assert.Empty(Directory.GetFiles(small.State, "*.sock", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_state_folder_may_be_a_symbolic_link()
    {
        await using var small = SmallPlatform.Of(SmallPlatform.Sleeper);
        Directory.CreateDirectory(Path.Combine(small.Folder, "real"));
        var link = Path.Combine(small.Folder, "link");
        File.CreateSymbolicLink(link, "real");
        small.State = link;

        await using (var platform = await small.StartAsync())
        {
            Assert.Equal(Path.Combine(small.Folder, "real"), (await platform.Client.GetStatusAsync(Token)).StateDirectory);
        }

        small.State = Path.Combine(small.Folder, "real");
        Assert.Empty(small.Children());
    }

    private static async Task<object?> ExecuteAsync(SmallPlatform small, Platform platform, string role, string sql)
    {
        await using var connection = await ConnectAsync(small, platform, role);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }

    private static async Task<NpgsqlConnection> ConnectAsync(SmallPlatform small, Platform platform, string role)
    {
        var port = (await platform.StatusOfAsync("postgres")).Port;
        var password = await File.ReadAllTextAsync(Path.Combine(small.Paths.Secrets, $"postgres-{role}.password"), Token);
        var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={port};Database=back2code;Username={role};Password={password};Pooling=false");
        await connection.OpenAsync(Token);
        return connection;
    }
}
