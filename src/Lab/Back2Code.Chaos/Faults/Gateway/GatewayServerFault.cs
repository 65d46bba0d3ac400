using System.Globalization;

namespace Back2Code.Chaos.Faults.Gateway;

/// <summary>A change of one server at the gateway, by HAProxy's runtime API. The target names the process behind the server.</summary>
internal sealed class GatewayServerFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    public required string Type { get; init; }

    public string Family => "gateway";

    public required string Summary { get; init; }

    public required string Symptom { get; init; }

    public required FaultExample Example { get; init; }

    public IReadOnlyList<FaultParameter> Parameters { get; init; } = [];

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    /// <summary>What of the server it changes, in a word or two: of two faults with the same one, the second would find what the first has left.</summary>
    public required string Aspect { get; init; }

    public required Func<GatewayServer, FaultSettings, string> Command { get; init; }

    /// <summary>What makes it as it was.</summary>
    public required Func<GatewayServer, string> Inverse { get; init; }

    /// <summary>The words of the proof, from what the gateway says now; null until the effect is there.</summary>
    public required Func<GatewayServer, FaultSettings, string?> Proof { get; init; }

    /// <summary>What such a fault would leave; null when nothing of it can be told.</summary>
    public Func<GatewayServer, string?> Trace { get; init; } = _ => null;

    public async Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken) =>
        !await GatewayState.IsRunningAsync(platform, cancellationToken)
            ? []
            :
            [
                .. (await GatewayState.ListServersAsync(platform, cancellationToken))
                    .Select(s => Trace(s) is { } left ? $"{s.Path} {left}" : null)
                    .OfType<string>(),
            ];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var servers = TargetPattern.Resolve(context.Target, "server at the gateway", await GatewayState.ListServersAsync(context.Platform, cancellationToken), s => s.Name);
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. servers.Select(s => new CommandGateway(s.Path, Inverse(s), Aspect))],
            async token =>
            {
                List<Evidence> evidence = [];
                foreach (var server in servers)
                {
                    evidence.Add(await ChangeAsync(server, settings, context.Platform, token));
                }

                return evidence;
            },
            sumUp: null,
            cancellationToken);
    }

    private async Task<Evidence> ChangeAsync(GatewayServer server, FaultSettings settings, IFaultTarget platform, CancellationToken cancellationToken)
    {
        var start = platform.Time.GetTimestamp();
        string answer = await platform.GatewayAsync(Command(server, settings), cancellationToken);
        do
        {
            var now = (await GatewayState.ListServersAsync(platform, cancellationToken)).First(s => s.Path == server.Path);
            if (Proof(now, settings) is { } proof)
            {
                return Evidence.Seen($"{server.Path}: {proof}, {platform.Time.GetElapsedTime(start).TotalMilliseconds:0} ms after '{Command(server, settings)}'");
            }

            await Task.Delay(Interval, platform.Time, cancellationToken);
        }
        while (platform.Time.GetElapsedTime(start) < Patience);

        return Evidence.NotSeen($"{server.Path}: '{Command(server, settings)}' changed nothing within {Patience.TotalSeconds:0} s{(answer.Length > 0 ? $"; the gateway said: {answer}" : "")}");
    }
}

/// <summary>Tells the gateway how something was before. A gateway that was restarted meanwhile is so already, and may be told again.</summary>
/// <param name="Aspect">What of it the command sets, in a word or two.</param>
internal sealed record CommandGateway(string What, string Command, string Aspect) : UndoStep
{
    internal override string? Owns => $"the {Aspect} of {What} at the gateway";

    // It answers in plain text, also where it did as it was told.
    private static readonly string[] Refusals = ["Failed", "No such", "Unknown", "Invalid", "Permission denied", "Require"];

    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        if ((await platform.ListProcessesAsync(cancellationToken)).FirstOrDefault(p => p.Name == "gateway") is { Pid: null })
        {
            return $"{What}: the gateway is not running, and starts as it is configured";
        }

        string answer = await platform.GatewayAsync(Command, cancellationToken);
        if (Array.Exists(Refusals, word => answer.Contains(word, StringComparison.OrdinalIgnoreCase)))
        {
            throw new FaultException($"{What}: the gateway refused '{Command}': {answer}");
        }

        return $"{What}: told '{Command}'{(answer.Length > 0 ? $"; it said: {answer}" : "")}";
    }
}
