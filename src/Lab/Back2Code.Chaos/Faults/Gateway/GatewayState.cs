using System.Globalization;

namespace Back2Code.Chaos.Faults.Gateway;

/// <summary>What HAProxy says of itself over its runtime API. Columns are found by their names, which stay when others are added.</summary>
internal static class GatewayState
{
    /// <summary>Small platforms have none, and while it is down there is nothing of it to be told.</summary>
    public static async Task<bool> IsRunningAsync(IFaultTarget platform, CancellationToken cancellationToken) =>
        (await platform.ListProcessesAsync(cancellationToken)).FirstOrDefault(p => p.Name == "gateway") is { Pid: not null };

    public static async Task<IReadOnlyList<GatewayServer>> ListServersAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        // First line: the version of the format; then the names of the columns after a hash.
        var lines = (await platform.GatewayAsync("show servers state", cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var columns = lines.FirstOrDefault(l => l.StartsWith('#'))?.TrimStart('#', ' ').Split(' ') ?? throw new FaultException("The gateway gave no list of its servers.");
        var limits = await ReadStatsAsync(platform, "slim", cancellationToken);
        return
        [
            .. lines.Where(l => !l.StartsWith('#')).Select(l => l.Split(' ')).Where(fields => fields.Length >= columns.Length - 1 && fields.Length > 5)
                .Select(fields => columns.Zip(fields).ToDictionary(p => p.First, p => p.Second))
                .Select(row => new GatewayServer(
                    row["be_name"],
                    row["srv_name"],
                    row["srv_addr"],
                    Number(row["srv_port"]),
                    Number(row["srv_uweight"]),
                    Number(row["srv_iweight"]),
                    Number(row["srv_op_state"]),
                    Number(row["srv_admin_state"]),
                    Number(row["srv_check_state"]),
                    limits.GetValueOrDefault((row["be_name"], row["srv_name"])))),
        ];
    }

    /// <summary>A column of <c>show stat</c> of a frontend, such as <c>slim</c>, its limit on sessions.</summary>
    public static async Task<int> FrontendFigureAsync(IFaultTarget platform, string frontend, string column, CancellationToken cancellationToken) =>
        (await ReadStatsAsync(platform, column, cancellationToken)).TryGetValue((frontend, "FRONTEND"), out var figure)
            ? figure
            : throw new FaultException($"The gateway has no frontend '{frontend}'.");

    /// <summary>A line of <c>show info</c>, such as <c>SessRateLimit</c>.</summary>
    public static async Task<int> InfoAsync(IFaultTarget platform, string name, CancellationToken cancellationToken) =>
        (await platform.GatewayAsync("show info", cancellationToken)).Split('\n')
            .Select(line => line.Split(':', 2))
            .Where(pair => pair.Length == 2 && pair[0] == name)
            .Select(pair => Number(pair[1].Trim()))
            .DefaultIfEmpty(-1)
            .First();

    private static async Task<Dictionary<(string Proxy, string Server), int>> ReadStatsAsync(IFaultTarget platform, string column, CancellationToken cancellationToken)
    {
        var lines = (await platform.GatewayAsync("show stat", cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var columns = lines.FirstOrDefault(l => l.StartsWith('#'))?.TrimStart('#', ' ').Split(',') ?? throw new FaultException("The gateway gave no statistics.");
        int index = Array.IndexOf(columns, column);
        return lines.Where(l => !l.StartsWith('#')).Select(l => l.Split(',')).Where(fields => index >= 0 && fields.Length > index)
            .ToDictionary(fields => (fields[0], fields[1]), fields => Number(fields[index]));
    }

    private static int Number(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value : 0;
}

/// <summary>One server of a backend. The numbers of the states are HAProxy's own (its management guide, "show servers state").</summary>
/// <param name="Port">Where requests go.</param>
/// <param name="Weight">0 to 256.</param>
/// <param name="InitialWeight">As it is configured.</param>
/// <param name="OperationalState">0 down, 1 going up, 2 up, 3 stopping softly.</param>
/// <param name="AdministrativeState">Bits: 1 maintenance, 8 drain.</param>
/// <param name="CheckState">Bits: 1 under way, 2 configured, 4 enabled.</param>
/// <param name="MostSessions">Limit on sessions; 0 for none.</param>
internal sealed record GatewayServer(
    string Backend, string Name, string Address, int Port, int Weight, int InitialWeight, int OperationalState, int AdministrativeState, int CheckState, int MostSessions)
{
    public string Path => $"{Backend}/{Name}";

    public bool InMaintenance => (AdministrativeState & 1) != 0;

    public bool Drains => (AdministrativeState & 8) != 0;

    public bool IsChecked => (CheckState & 4) != 0;
}
