using System.Buffers;

namespace Back2Code.Lab.Supervision;

/// <summary>Body of <c>PUT /v1/processes/{name}/hold</c>.</summary>
internal sealed record HoldRequest(double Seconds)
{
    private const double Longest = 3600;

    public BodyComplaint? Complaint() => Seconds is > 0 and <= Longest ? null : new("$.seconds", $"must be above 0 and at most {Longest}");
}

/// <summary>Body of <c>PUT /v1/processes/{name}/override</c>. Null removes a variable.</summary>
internal sealed record OverrideRequest(IReadOnlyDictionary<string, string?> Environment)
{
    private static readonly SearchValues<char> NotInNames = SearchValues.Create("=\0");

    public BodyComplaint? Complaint() => Environment is { Count: > 0 } ? Complaint(Environment) : new("$.environment", "is missing; an override names at least one environment variable");

    /// <summary>What no process could be started with.</summary>
    public static BodyComplaint? Complaint(IEnumerable<KeyValuePair<string, string?>> environment)
    {
        foreach (var (name, value) in environment)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAny(NotInNames))
            {
                return new($"$.environment['{name.Replace("\0", "\\0", StringComparison.Ordinal)}']", "is not the name of an environment variable: none is empty or holds '='");
            }

            if (value?.Contains('\0', StringComparison.Ordinal) == true)
            {
                return new($"$.environment['{name}']", "holds a zero character, which no environment can");
            }
        }

        return null;
    }
}

/// <summary>Body of <c>POST /v1/gateway</c>.</summary>
internal sealed record GatewayRequest(string Command)
{
    private const int Longest = 4095;

    /// <summary>One command: a semicolon or a line break would begin a second one.</summary>
    public BodyComplaint? Complaint() => Command switch
    {
        null or { Length: 0 or > Longest } => new("$.command", $"must be one command for the gateway's runtime API, of 1 to {Longest} characters"),
        _ when Command.Any(c => c is < ' ' or > '~' or ';') => new("$.command", "holds ';', a line break or another character that no single command has"),
        _ => null,
    };
}
