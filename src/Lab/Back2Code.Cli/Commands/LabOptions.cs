using System.CommandLine;
using System.Globalization;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>The options that say which platform is meant.</summary>
internal static class LabOptions
{
    public const string StateName = "--state";

    public static Option<string?> State() => new(StateName)
    {
        Description = "State folder: data, secrets, logs. Default: .back2code beside topology.yaml.",
        HelpName = "DIR",
    };

    public static Option<string> PortBase()
    {
        var option = new Option<string>("--port-base")
        {
            Description = "First of the 300 ports that the platform uses, or `auto` for a free range.",
            HelpName = "N|auto",
            DefaultValueFactory = _ => PlatformOptions.DefaultPortBase.ToString(CultureInfo.InvariantCulture),
        };
        option.Validators.Add(result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[0].Value : "auto";
            if (text != "auto" && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1024 and <= 65_200))
            {
                result.AddError($"--port-base is a number from 1024 to 65200 or `auto`, not `{text}`.");
            }
        });
        return option;
    }

    public static Option<decimal> TimeScale()
    {
        var option = new Option<decimal>("--time-scale")
        {
            Description = "Divides the windows of objectives, 1 to 100000: at 720 an hour lasts five seconds. A drill that needs another says so.",
            HelpName = "N",
            DefaultValueFactory = _ => PlatformOptions.DefaultTimeScale,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<decimal>() is < 1 or > 100_000)
            {
                result.AddError("--time-scale is a number from 1 to 100000.");
            }
        });
        return option;
    }

    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document, for scripts." };

    public static PlatformOptions Read(ParseResult parsed, Option<string?> state, Option<string>? portBase = null, Option<decimal>? timeScale = null) => new()
    {
        Home = Home(),
        StateDirectory = parsed.GetValue(state),
        TimeScale = timeScale is null ? null : parsed.GetValue(timeScale),
        PortBase = portBase is null ? PlatformOptions.DefaultPortBase
            : parsed.GetValue(portBase) is { } text && text != "auto" ? int.Parse(text, CultureInfo.InvariantCulture) : null,
    };

    /// <exception cref="LabException">No platform runs there.</exception>
    public static async Task<LabClient> ConnectAsync(PlatformOptions options, CancellationToken cancellationToken) =>
        await LabClient.TryConnectAsync(options.EffectiveStateDirectory, cancellationToken)
        ?? throw new LabException($"No platform runs on {options.EffectiveStateDirectory}. Start one with `back2code up`.");

    /// <summary>The folder of topology.yaml: told by the launcher, or found above this program.</summary>
    public static string Home()
    {
        if (Environment.GetEnvironmentVariable("BACK2CODE_HOME") is { Length: > 0 } home)
        {
            return Path.GetFullPath(home);
        }

        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "topology.yaml")))
            {
                return folder;
            }
        }

        throw new LabException("There is no topology.yaml above this program. Start with the launcher ./back2code, or set BACK2CODE_HOME.");
    }
}
