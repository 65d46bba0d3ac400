using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Postgres;

/// <summary>A setting of the whole server that is wrong: every session has it at once, and keeps it over restarts.</summary>
internal sealed class ServerSettingFault(string type, string summary, string symptom, IReadOnlyList<string> names, string value, FaultParameter? parameter = null) : PostgresFault
{
    public static IReadOnlyList<IFault> All { get; } =
    [
        new ServerSettingFault(
            "postgres.read-only",
            "Has the server refuse every write, as a standby does that nobody has promoted.",
            "Reads are fine; every write ends with 'cannot execute … in a read-only transaction'.",
            ["default_transaction_read_only"],
            "on"),
        new ServerSettingFault(
            "postgres.no-index-scans",
            "Keeps the planner from using any index, as stale statistics do.",
            "No error anywhere: every query reads whole tables, and the processors are busy.",
            ["enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan"],
            "off"),
        new ServerSettingFault(
            "postgres.low-work-mem",
            "Leaves queries so little memory that sorts and hashes go to disk.",
            "The columns temp_files and temp_bytes of pg_stat_database rise; what sorts gets slower.",
            ["work_mem"],
            "64kB"),
        new ServerSettingFault(
            "postgres.autovacuum-off",
            "Switches autovacuum off.",
            "Dead rows (n_dead_tup) only become more: tables and indexes swell, and queries slow down over days.",
            ["autovacuum"],
            "off"),
        new ServerSettingFault(
            "postgres.low-lock-timeout",
            "Has statements give up on a lock after so short a time that ordinary contention fails them.",
            "Under load some writes end with 'canceling statement due to lock timeout'; alone, each of them works.",
            ["lock_timeout"],
            "1ms",
            new DurationParameter("timeout", "How long a statement waits for a lock; 1ms when left out.", TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10))),
    ];

    public override string Type => type;

    public override string Summary => summary;

    public override string Symptom => symptom;

    public override FaultExample Example { get; } = new("postgres");

    public override IReadOnlyList<FaultParameter> Parameters { get; } = parameter is null ? [] : [parameter];

    protected override string? TracesQuery =>
        $"SELECT 'postgres: postgresql.auto.conf sets ' || name || ' to ' || setting FROM pg_file_settings WHERE sourcefile LIKE '%postgresql.auto.conf' AND name = {PostgresSession.Literal(names[0])}";

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var wanted = parameter is not null && settings.Duration(parameter.Name) is { } duration ? FormattableString.Invariant($"{(long)duration.TotalMilliseconds}ms") : value;
        await using var session = await PostgresSession.OpenAsync(context.Platform, cancellationToken);
        List<UndoStep> undo = [];
        foreach (var name in names)
        {
            undo.Add(new RestoreServerSetting(name, await RestoreServerSetting.ReadAsync(session, name, cancellationToken)));
        }

        return new FaultPlan { Undo = undo, Act = token => SetAsync(context, wanted, token) };
    }

    private async Task<Evidence> SetAsync(FaultContext context, string wanted, CancellationToken cancellationToken)
    {
        await using var session = await PostgresSession.OpenToActAsync(context, cancellationToken);
        foreach (var name in names)
        {
            await session.ExecuteAsync($"ALTER SYSTEM SET {name} = {PostgresSession.Literal(wanted)}", cancellationToken);
        }

        await session.ExecuteAsync("SELECT pg_reload_conf()", cancellationToken);
        var (seen, took) = await Watch.UntilAsync(
            context.Platform, Patience, token => ReadEffectiveAsync(context.Platform, token), shown => shown.All(value => IsSame(value, wanted)), cancellationToken);
        var all = string.Join(", ", names.Zip(seen, (name, value) => $"{name} = {value}"));
        return seen.All(value => IsSame(value, wanted))
            ? Evidence.Seen($"postgres: a new session has {all} after {took.TotalMilliseconds:0} ms")
            : Evidence.NotSeen($"postgres: a new session still has {all}; the server's command line goes before the file");
    }

    /// <summary>PostgreSQL shows a duration in the largest unit that fits: 1s for 1000ms.</summary>
    internal static bool IsSame(string? shown, string wanted) =>
        shown == wanted || (Durations.TryParse(shown, out var one) && Durations.TryParse(wanted, out var other) && one == other);

    private async Task<IReadOnlyList<string?>> ReadEffectiveAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        await using var session = await PostgresSession.OpenPlainAsync(platform, cancellationToken);
        List<string?> values = [];
        foreach (var name in names)
        {
            values.Add(await session.ReadAsync<string>("SELECT current_setting(@name)", cancellationToken, ("name", name)));
        }

        return values;
    }
}

/// <summary>Puts a server setting back to what <c>postgresql.auto.conf</c> had, or to nothing.</summary>
internal sealed record RestoreServerSetting(string Name, string? Value) : PostgresUndo
{
    internal override string? Owns => $"the setting {Name} of postgres";

    public static Task<string?> ReadAsync(PostgresSession session, string name, CancellationToken cancellationToken) => session.ReadAsync<string>(
        "SELECT setting FROM pg_file_settings WHERE sourcefile LIKE '%postgresql.auto.conf' AND name = @name ORDER BY seqno DESC LIMIT 1", cancellationToken, ("name", name));

    protected override async Task<string> ApplyAsync(PostgresSession session, IFaultTarget platform, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(session, Name, cancellationToken);
        await session.ExecuteAsync(Value is null ? $"ALTER SYSTEM RESET {Name}" : $"ALTER SYSTEM SET {Name} = {PostgresSession.Literal(Value)}", cancellationToken);
        await session.ExecuteAsync("SELECT pg_reload_conf()", cancellationToken);
        return $"postgres: {Name} was {found ?? "not set"} and is {Value ?? "not set"}";
    }
}
