using System.Text.Json.Nodes;
using Back2Code.Authentication;
using Back2Code.Chaos.Experiments;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>What experiments can name of a running platform; the same names as in drills.</summary>
internal static class PlatformNames
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(4);

    /// <exception cref="ExperimentSettingsException">No platform runs on the state folder.</exception>
    public static async Task<ExperimentValues> AddAsync(ExperimentValues values, PlatformOptions options, CancellationToken cancellationToken)
    {
        using var client = await LabClient.TryConnectAsync(options.EffectiveStateDirectory, cancellationToken)
            ?? throw new ExperimentSettingsException($"no platform runs on {options.EffectiveStateDirectory}; start one with `back2code up`, or leave --state out");
        var status = await client.GetStatusAsync(cancellationToken);
        var token = Platform.CreateToken(options, "operator", TokenLifetime, Roles.Operator);
        var names = new Dictionary<string, JsonNode?>
        {
            ["state"] = status.StateDirectory,
            ["token"] = token,
            ["gateway"] = status.Endpoints.Gateway,
            ["prometheus"] = status.Endpoints.Prometheus,
            ["alertmanager"] = status.Endpoints.Alertmanager,
            ["toxiproxy"] = status.Endpoints.Toxiproxy,
        };
        foreach (var process in status.Processes.Where(p => p.Port is not null))
        {
            names.TryAdd(process.Name.Replace('-', '_'), $"http://127.0.0.1:{process.Port}");
        }

        // What the user gives by hand wins.
        foreach (var (key, value) in values.Variables)
        {
            names[key] = value;
        }

        return values with { Variables = names, Hidden = [.. values.Hidden, token] };
    }
}
