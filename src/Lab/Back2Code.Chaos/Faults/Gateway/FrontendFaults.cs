using System.Globalization;
using System.Net.Sockets;

namespace Back2Code.Chaos.Faults.Gateway;

/// <summary>A change of the gateway's front door, by HAProxy's runtime API. The target is the process <c>gateway</c>.</summary>
internal sealed class FrontendFault : IFault
{
    private const string Frontend = "api";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    public static FrontendFault MaxConnections { get; } = new()
    {
        Type = "gateway.max-connections",
        Summary = "Lets the gateway hold only so many connections of clients; further ones wait to be accepted.",
        Symptom = "Clients with open connections are served as ever; new ones connect and hear nothing until another closes.",
        Example = new("gateway", ("limit", "5")),
        Parameters = [new NumberParameter("limit", "Connections at once.", 1, 10_000, Required: true)],
        Aspect = "limit on connections",
        Command = s => FormattableString.Invariant($"set maxconn frontend {Frontend} {s.Number("limit")}"),
        Before = (platform, token) => GatewayState.FrontendFigureAsync(platform, Frontend, "slim", token),
        Inverse = before => FormattableString.Invariant($"set maxconn frontend {Frontend} {before}"),
        Proof = async (platform, s, token) => await GatewayState.FrontendFigureAsync(platform, Frontend, "slim", token) == s.Number("limit") ? $"holds at most {s.Number("limit")} connections" : null,
    };

    public static FrontendFault RateLimit { get; } = new()
    {
        Type = "gateway.rate-limit",
        Summary = "Has the gateway accept only so many new connections a second; it takes the others later.",
        Symptom = "As gateway.max-connections, for clients that connect anew for each request: they queue in the kernel, and the gateway's own figures look fine.",
        Example = new("gateway", ("rate", "5")),
        Parameters = [new NumberParameter("rate", "New connections a second.", 1, 100_000, Required: true)],
        Aspect = "limit on new connections",
        Command = s => FormattableString.Invariant($"set rate-limit connections global {s.Number("rate")}"),
        Before = (platform, token) => GatewayState.InfoAsync(platform, "ConnRateLimit", token),
        Inverse = before => FormattableString.Invariant($"set rate-limit connections global {before}"),
        Proof = async (platform, s, token) => await GatewayState.InfoAsync(platform, "ConnRateLimit", token) == s.Number("rate") ? $"accepts {s.Number("rate")} connections a second" : null,
    };

    public static FrontendFault Closed { get; } = new()
    {
        Type = "gateway.closed",
        Summary = "Closes the gateway's front door: nobody listens where users connect, while everything behind it is well.",
        Symptom = "Connection refused for every user and no error anywhere inside: no request arrives that could fail, so only missing traffic and a look from outside tell.",
        Example = new("gateway"),
        Aspect = "front door",
        Command = _ => $"disable frontend {Frontend}",
        Before = (_, _) => Task.FromResult(0),
        Inverse = _ => $"enable frontend {Frontend}",
        Proof = async (platform, _, token) => await IsRefusedAsync(platform, token) ? $"refuses connections" : null,
    };

    public required string Type { get; init; }

    public string Family => "gateway";

    public required string Summary { get; init; }

    public required string Symptom { get; init; }

    public required FaultExample Example { get; init; }

    public IReadOnlyList<FaultParameter> Parameters { get; init; } = [];

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    /// <summary>What of the gateway it changes, in a word or two.</summary>
    private string Aspect { get; init; } = null!;

    private Func<FaultSettings, string> Command { get; init; } = null!;

    /// <summary>The value that is changed, as it is now.</summary>
    private Func<IFaultTarget, CancellationToken, Task<int>> Before { get; init; } = null!;

    private Func<int, string> Inverse { get; init; } = null!;

    private Func<IFaultTarget, FaultSettings, CancellationToken, Task<string?>> Proof { get; init; } = null!;

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        if (TargetPattern.Resolve(context.Target, "process", await context.Platform.ListProcessesAsync(cancellationToken), p => p.Name) is not [{ Name: "gateway" }])
        {
            throw new FaultException($"{Type} changes the gateway; its target is 'gateway', not '{context.Target}'.");
        }

        int before = await Before(context.Platform, cancellationToken);
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [new CommandGateway("gateway", Inverse(before), Aspect)],
            async token => [await ChangeAsync(settings, context.Platform, token)],
            sumUp: null,
            cancellationToken);
    }

    private async Task<Evidence> ChangeAsync(FaultSettings settings, IFaultTarget platform, CancellationToken cancellationToken)
    {
        var start = platform.Time.GetTimestamp();
        string answer = await platform.GatewayAsync(Command(settings), cancellationToken);
        do
        {
            if (await Proof(platform, settings, cancellationToken) is { } proof)
            {
                return Evidence.Seen($"gateway: {proof}, {platform.Time.GetElapsedTime(start).TotalMilliseconds:0} ms after '{Command(settings)}'");
            }

            await Task.Delay(Interval, platform.Time, cancellationToken);
        }
        while (platform.Time.GetElapsedTime(start) < Patience);

        return Evidence.NotSeen($"gateway: '{Command(settings)}' changed nothing within {Patience.TotalSeconds:0} s{(answer.Length > 0 ? $"; it said: {answer}" : "")}");
    }

    private static async Task<bool> IsRefusedAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        var gateway = (await platform.ListProcessesAsync(cancellationToken)).First(p => p.Name == "gateway");
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", gateway.Port ?? 0, cancellationToken);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
