using System.Text.RegularExpressions;
using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Redis;

/// <summary><c>redis.kill-clients</c>: every connection is cut at once.</summary>
internal sealed partial class KillClientsFault : RedisFault
{
    public override string Type => "redis.kill-clients";

    public override string Summary => "Closes every client connection on the server, all at once.";

    public override string Symptom => "What was in flight fails, and all clients connect again in the same moment: total_connections_received jumps.";

    public override string Receipt => "None of the connections that were listed before is listed any more.";

    public override string Undo => "Nothing to undo: clients connect again by themselves.";

    public override bool Lasts => false;

    protected override Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken) =>
        Task.FromResult(new FaultPlan { Act = token => KillAsync(context.Platform, token) });

    private static async Task<Evidence> KillAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        await using var session = await RedisSession.OpenAsync(platform, cancellationToken);
        var own = (await session.NumberAsync(cancellationToken, "CLIENT", "ID")).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var before = (await IdsAsync(session, cancellationToken)).Where(id => id != own).ToHashSet();
        await session.AskAsync(cancellationToken, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        var (left, took) = await Watch.UntilAsync(
            platform, Patience, async token => (await IdsAsync(session, token)).Count(before.Contains), count => count == 0, cancellationToken);
        return before.Count > 0 && left == 0
            ? Evidence.Seen($"redis: {before.Count} connections were closed and gone after {took.TotalMilliseconds:0} ms")
            : Evidence.NotSeen($"redis: of {before.Count} connections that were to close, {left} are there");
    }

    private static async Task<IEnumerable<string>> IdsAsync(RedisSession session, CancellationToken cancellationToken) =>
        IdPattern().Matches((string?)await session.AskAsync(cancellationToken, "CLIENT", "LIST", "TYPE", "normal") ?? "").Select(m => m.Groups[1].Value);

    [GeneratedRegex(@"^id=(\d+) ", RegexOptions.Multiline)]
    private static partial Regex IdPattern();
}
