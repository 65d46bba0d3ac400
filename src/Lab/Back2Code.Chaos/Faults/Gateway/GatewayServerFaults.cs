namespace Back2Code.Chaos.Faults.Gateway;

/// <summary>What can be wrong with one server at the gateway.</summary>
internal static class GatewayServerFaults
{
    public static GatewayServerFault Drain { get; } = new()
    {
        Type = "gateway.drain",
        Summary = "Has the gateway send no new requests to a server; those under way end.",
        Symptom = "One replica idles although it is well, the others carry its share. Nothing fires: it is what an operator does before maintenance, and may forget to take back.",
        Example = new("notes-1"),
        Aspect = "state",
        Command = (s, _) => $"set server {s.Path} state drain",
        Inverse = s => $"set server {s.Path} state ready",
        Proof = (s, _) => s.Drains ? $"drains" : null,
        Trace = s => s.Drains ? $"drains" : null,
    };

    public static GatewayServerFault Maintenance { get; } = new()
    {
        Type = "gateway.maintenance",
        Summary = "Takes a server out of the gateway, as an operator does for maintenance.",
        Symptom = "As gateway.drain, at once. With no server left, users get 503 from the gateway itself within milliseconds.",
        Example = new("notes-1"),
        Aspect = "state",
        Command = (s, _) => $"set server {s.Path} state maint",
        Inverse = s => $"set server {s.Path} state ready",
        Proof = (s, _) => s.InMaintenance ? $"is in maintenance" : null,
        Trace = s => s.InMaintenance ? $"is in maintenance" : null,
    };

    public static GatewayServerFault Weight { get; } = new()
    {
        Type = "gateway.weight",
        Summary = "Gives a server another weight, so that load is shared unevenly.",
        Symptom = "One replica is busy and slow, the other idles; averages over both look fine.",
        Example = new("notes-1", ("weight", "20")),
        Parameters = [new NumberParameter("weight", "0 to 256; each has 1 unless configured otherwise.", 0, 256, Required: true)],
        Aspect = "weight",
        Command = (s, p) => FormattableString.Invariant($"set server {s.Path} weight {p.Number("weight")}"),
        Inverse = s => FormattableString.Invariant($"set server {s.Path} weight {s.Weight}"),
        Proof = (s, p) => s.Weight == p.Number("weight") ? $"has weight {s.Weight}" : null,
        Trace = s => s.Weight != s.InitialWeight ? $"has weight {s.Weight} and is configured with {s.InitialWeight}" : null,
    };

    public static GatewayServerFault ServerConnections { get; } = new()
    {
        Type = "gateway.server-connections",
        Summary = "Lets a server have only so many connections at once; what is more waits in the gateway's queue.",
        Symptom = "Latency at the gateway rises and not in the service: the queue in front of the replica is where requests wait, and after the connect time-out they are 503.",
        Example = new("notes-1", ("limit", "1")),
        Parameters = [new NumberParameter("limit", "Connections at once.", 1, 10_000, Required: true)],
        Aspect = "limit on connections",
        Command = (s, p) => FormattableString.Invariant($"set maxconn server {s.Path} {p.Number("limit")}"),
        Inverse = s => FormattableString.Invariant($"set maxconn server {s.Path} {s.MostSessions}"),
        Proof = (s, p) => s.MostSessions == p.Number("limit") ? $"may have {s.MostSessions} connections at once" : null,
    };

    public static GatewayServerFault WrongPort { get; } = new()
    {
        Type = "gateway.wrong-port",
        Summary = "Has the gateway look for a server under another port, as after a typing error in its configuration.",
        Symptom = "ReplicaDown: the gateway's checks of a replica fail while the replica is well and says so on its own port.",
        Example = new("notes-1"),
        Parameters = [new NumberParameter("port", "Where nobody listens; 1 when left out.", 1, 65_535)],
        Aspect = "address",
        Command = (s, p) => FormattableString.Invariant($"set server {s.Path} addr {s.Address} port {PortOf(p)}"),
        Inverse = s => FormattableString.Invariant($"set server {s.Path} addr {s.Address} port {s.Port}"),
        Proof = (s, p) => s.Port == PortOf(p) && s.OperationalState == 0 ? $"is looked for under port {s.Port} and counts as down" : null,
    };

    public static GatewayServerFault ChecksOff { get; } = new()
    {
        Type = "gateway.checks-off",
        Summary = "Ends the gateway's health checks of a server: it stays what it is, whatever happens to it.",
        Symptom = "Nothing, until the replica dies: then the gateway goes on sending it its share. A second fault is needed to see it.",
        Example = new("notes-1"),
        Aspect = "health check",
        Command = (s, _) => $"disable health {s.Path}",
        Inverse = s => s.IsChecked ? $"enable health {s.Path}" : $"disable health {s.Path}",
        Proof = (s, _) => s.IsChecked ? null : $"is not checked any more",
        Trace = s => s.IsChecked ? null : $"is not checked",
    };

    private static long PortOf(FaultSettings settings) => settings.Number("port", 1);
}
