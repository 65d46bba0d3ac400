using System.Globalization;
using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Redis;

/// <summary><c>redis.slow-commands</c>: somebody runs commands that take long, and Redis does one thing at a time.</summary>
internal sealed class SlowCommandsFault : RedisFault
{
    private const string Spin = "local n = 0 for i = 1, tonumber(ARGV[1]) do n = n + i end return n";

    private const int Sample = 2_000_000;

    // What a script may take before Redis answers others with BUSY; slower ones are not this fault.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(4);

    public override string Type => "redis.slow-commands";

    public override string Summary => "Runs scripts that keep Redis busy for a given time each, again and again.";

    public override string Symptom => "Every command is late now and then by the same time, whatever it does; SLOWLOG names the one that is not late but slow.";

    public override string Receipt => "A PING was answered only after half the time that a script takes, or later.";

    public override string Undo => "Sends no more scripts when the fault ends; the last one comes to its end by itself, and nothing of it stays.";

    public override FaultExample Example { get; } = new("redis", ("busy", "100ms"), ("every", "200ms"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new DurationParameter("busy", "How long each script takes, give or take what the machine does to it.", TimeSpan.FromMilliseconds(10), Longest, Required: true),
        new DurationParameter("every", "Pause between two; 200ms when left out.", TimeSpan.Zero, TimeSpan.FromMinutes(1)),
    ];

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var busy = settings.Duration("busy")!.Value;
        var rounds = await CalibrateAsync(context.Platform, busy, cancellationToken);
        var loop = new Repeating(
            async token =>
            {
                await using var session = await RedisSession.OpenAsync(context.Platform, token);
                await session.AskAsync(token, "EVAL", Spin, "0", rounds);
            },
            settings.Duration("every") ?? TimeSpan.FromMilliseconds(200), LeaseOf(context), context.Platform.Time);
        return new FaultPlan
        {
            // Nothing to undo: the last script ends by itself, at the latest when this process does.
            Standing = loop,
            Act = token => BeginAsync(context.Platform, loop, busy, token),
            SumUp = _ => Task.FromResult<IReadOnlyList<string>>([$"redis: slow scripts: {loop.Summary}"]),
        };
    }

    /// <summary>How many rounds take how long, on this machine at this time.</summary>
    private static async Task<string> CalibrateAsync(IFaultTarget platform, TimeSpan busy, CancellationToken cancellationToken)
    {
        await using var session = await RedisSession.OpenAsync(platform, cancellationToken);
        var start = platform.Time.GetTimestamp();
        await session.AskAsync(cancellationToken, "EVAL", Spin, "0", Sample.ToString(CultureInfo.InvariantCulture));
        var took = platform.Time.GetElapsedTime(start);
        return ((long)Math.Max(1000, Sample * (busy / took))).ToString(CultureInfo.InvariantCulture);
    }

    private static async Task<Evidence> BeginAsync(IFaultTarget platform, Repeating loop, TimeSpan busy, CancellationToken cancellationToken)
    {
        await using var session = await RedisSession.OpenAsync(platform, cancellationToken);
        loop.Start();
        var longest = TimeSpan.Zero;
        var (seen, took) = await Watch.UntilAsync(
            platform,
            Patience,
            async token =>
            {
                var start = platform.Time.GetTimestamp();
                await session.AskAsync(token, "PING");
                var waited = platform.Time.GetElapsedTime(start);
                longest = waited > longest ? waited : longest;
                return longest >= busy / 2;
            },
            late => late,
            cancellationToken);
        return seen
            ? Evidence.Seen($"redis: a PING was answered after {longest.TotalMilliseconds:0} ms, {took.TotalMilliseconds:0} ms after the order")
            : Evidence.NotSeen($"redis: the slowest answer to PING took {longest.TotalMilliseconds:0} ms; {loop.Summary}");
    }
}
