using System.Security.Cryptography;
using Back2Code.Chaos.Faults.Disk;
using Back2Code.Chaos.Faults.Postgres;
using Back2Code.Chaos.Faults.Servers;
using Npgsql;

namespace Back2Code.Chaos.Faults.Settings;

/// <summary>
/// <c>config.secret-rotated</c>: a service's password in PostgreSQL is changed, there and in the file where the service reads it, as a rotation does. The services
/// are restarted once before, to read that file at all, and not for the rotation.
/// </summary>
internal sealed class SecretRotatedFault : IFault
{
    private const string Variable = "ConnectionStrings__Postgres";

    // Services look at their secrets every two seconds.
    private static readonly TimeSpan FileInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public string Type => "config.secret-rotated";

    public string Family => "configuration";

    public string Summary => "Gives services their password for PostgreSQL in a file, then changes it there and in PostgreSQL without a restart, and ends the sessions of the old one.";

    public string Symptom => "None, or a few retries: sessions that stood break, and new ones use the new password. ReplicaDown or TargetDown while the replicas are restarted, one after the other, to read the file.";

    public string Receipt => "PostgreSQL refuses the old password, and the same processes, not restarted, have new sessions and are ready.";

    public string Undo => "Gives the role its old password back, starts the processes as the topology says, and deletes the file.";

    public FaultExample Example { get; } = new("notes-*");

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters => [];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        FaultSettings.Of(this, context);
        var platform = context.Platform;
        List<Target> targets = [];
        foreach (var process in TargetPattern.Resolve(context.Target, "process", await platform.ListProcessesAsync(cancellationToken), p => p.Name))
        {
            int pid = process.Pid ?? throw new FaultException($"{process.Name} is not running, so its secrets cannot be rotated.");
            string connection = ProcessEnvironment.Read(process.Name, pid).GetValueOrDefault(Variable) ?? throw new FaultException($"{process.Name} has no password for PostgreSQL ({Variable}).");
            targets.Add(new Target(process, new NpgsqlConnectionStringBuilder(connection), Path.Combine("data", process.Name, "secrets-" + context.FaultId)));
        }

        if (targets.Select(t => t.Connection.Username).Distinct().ToList() is not [{ } role])
        {
            throw new FaultException("One password at a time: these processes log in as different roles.");
        }

        RestoreRole before;
        await using (var session = await PostgresSession.OpenAsync(platform, cancellationToken))
        {
            before = await RestoreRole.OfAsync(session, role, RoleTrouble.WrongPassword, cancellationToken);
        }

        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [
                before,
                .. targets.Select(t => new OldSecret(t.Process.Name, role, t.Folder)),
                .. targets.Select(t => new RestoreProcess(t.Process.Name)),
                .. targets.Select(t => new DeleteSecrets(t.Folder)),
            ],
            async token =>
            {
                foreach (var target in targets)
                {
                    await ReadFromFileAsync(platform, target, token);
                }

                return [await RotateAsync(context, targets, role, token)];
            },
            sumUp: null,
            cancellationToken);
    }

    private static async Task ReadFromFileAsync(IFaultTarget platform, Target target, CancellationToken cancellationToken)
    {
        string folder = DataFolder.Inside(platform, target.Folder);
        SecretFile.Write(folder, target.Connection.ConnectionString);
        await Peers.AwaitInServiceAsync(platform, target.Process.Name, cancellationToken);
        await platform.OverrideAsync(target.Process.Name, new LaunchOverride { Environment = new Dictionary<string, string?> { ["Secrets__Directory"] = folder } }, cancellationToken);
        var (ready, _) = await Watch.UntilAsync(
            platform,
            Patience,
            async token =>
                (await platform.ListProcessesAsync(token)).First(p => p.Name == target.Process.Name) is { Pid: not null, Port: not null } now
                && now.StartTicks != target.Process.StartTicks && await HealthProbe.IsReadyAsync(now, token),
            ready => ready,
            cancellationToken);
        if (!ready)
        {
            throw new FaultException($"{target.Process.Name} is not ready {Patience.TotalSeconds:0} s after it was told to read its password from a file.");
        }
    }

    private static async Task<Evidence> RotateAsync(FaultContext context, List<Target> targets, string role, CancellationToken cancellationToken)
    {
        var platform = context.Platform;
        string old = targets[0].Connection.Password!, young = RandomNumberGenerator.GetHexString(32);
        var pids = (await platform.ListProcessesAsync(cancellationToken)).ToDictionary(p => p.Name, p => p.Pid);
        await using var session = await PostgresSession.OpenToActAsync(context, cancellationToken);
        await RestoreRole.AlterAsync(session, role, $"PASSWORD {PostgresSession.Literal(young)}", cancellationToken);
        foreach (var target in targets)
        {
            SecretFile.Write(DataFolder.Inside(platform, target.Folder), new NpgsqlConnectionStringBuilder(target.Connection.ConnectionString) { Password = young }.ConnectionString);
        }

        var (refusal, _) = await RoleSessions.TryLogInAsync(platform, role, old, sessions: 1, cancellationToken);
        await Task.Delay(FileInterval * 2, platform.Time, cancellationToken);
        var ended = await RoleSessions.TerminateAsync(session, role, cancellationToken);
        await RoleSessions.UntilGoneAsync(platform, session, ended, cancellationToken);
        var (back, took) = await Watch.UntilAsync(
            platform, Patience, token => CountReadyAsync(platform, session, role, targets, token), count => count.Ready == targets.Count && count.Sessions > 0, cancellationToken);
        bool restarted = (await platform.ListProcessesAsync(cancellationToken)).Any(p => targets.Exists(t => t.Process.Name == p.Name) && pids[p.Name] != p.Pid);
        return refusal?.SqlState == PostgresErrorCodes.InvalidPassword && back.Ready == targets.Count && back.Sessions > 0 && !restarted
            ? Evidence.Seen($"postgres: {role} is refused with the old password ({refusal.SqlState}); {ended.Count} sessions were ended, {back.Sessions} have come with the new one, and {back.Ready} services that were not restarted are ready, {took.TotalSeconds:0.0} s later")
            : Evidence.NotSeen($"postgres: with the old password {role} is {(refusal is null ? "let in" : $"answered {refusal.SqlState}")}; {ended.Count} sessions were ended and {back.Sessions} have come; {back.Ready} of {targets.Count} services are ready{(restarted ? ", and one was restarted" : "")}");
    }

    private static async Task<(int Ready, long Sessions)> CountReadyAsync(
        IFaultTarget platform, PostgresSession session, string role, List<Target> targets, CancellationToken cancellationToken)
    {
        var ready = 0;
        foreach (var process in (await platform.ListProcessesAsync(cancellationToken)).Where(p => targets.Exists(t => t.Process.Name == p.Name)))
        {
            ready += await HealthProbe.IsReadyAsync(process, cancellationToken) ? 1 : 0;
        }

        return (ready, await session.ReadAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE usename = @role", cancellationToken, ("role", role)));
    }

    /// <param name="Folder">Of its secrets, from the state folder.</param>
    private sealed record Target(TargetProcess Process, NpgsqlConnectionStringBuilder Connection, string Folder);
}

/// <summary>The file of one secret, in the process's own folder, which nobody else may enter: whole or as before.</summary>
internal static class SecretFile
{
    private const string Name = "ConnectionStrings__Postgres";

    public static string? TryRead(string folder)
    {
        string file = Path.Combine(folder, Name);
        return File.Exists(file) ? File.ReadAllText(file) : null;
    }

    public static void Write(string folder, string text)
    {
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        // Begins with a dot: no secret is called so.
        string draft = Path.Combine(folder, ".draft");
        File.WriteAllText(draft, text);
        File.SetUnixFileMode(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        File.Move(draft, Path.Combine(folder, Name), overwrite: true);
    }
}

/// <summary>Puts the password that the platform knows back into a service's file. It is not in the record: it is a secret.</summary>
internal sealed record OldSecret(string Process, string Role, string Folder) : UndoStep
{
    public override Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        string folder = DataFolder.Inside(platform, Folder);
        if (SecretFile.TryRead(folder) is not { } text || platform.PostgresPasswordOf(Role) is not { } password)
        {
            return Task.FromResult($"{Process}: reads no password from a file any more");
        }

        SecretFile.Write(folder, new NpgsqlConnectionStringBuilder(text) { Password = password }.ConnectionString);
        return Task.FromResult($"{Process}: its file has the old password again");
    }
}

/// <summary>Takes the folder with a fault's secrets away.</summary>
internal sealed record DeleteSecrets(string Folder) : UndoStep
{
    internal override bool OutlivesPlatform => true;

    public override Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        string folder = DataFolder.Inside(platform, Folder);
        bool there = Directory.Exists(folder);
        if (there)
        {
            Directory.Delete(folder, recursive: true);
        }

        return Task.FromResult($"{Path.GetFileName(folder)} {(there ? "is deleted" : "was gone already")}");
    }
}
