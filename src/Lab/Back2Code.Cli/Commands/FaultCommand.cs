using System.CommandLine;
using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Proxy;
using Back2Code.Lab.GameDays;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>Faults by hand: what there is, one of them on the running platform, what stands.</summary>
internal static class FaultCommand
{
    public const int UsageError = 2;
    public const int NotSeen = 4;

    internal static Command Create() => new("fault", "Disturb the running platform on purpose, one fault at a time")
    {
        FaultListCommand.Create(),
        FaultShowCommand.Create(),
        FaultAddCommand.Create(),
        FaultRemoveCommand.Create(),
        FaultStatusCommand.Create(),
    };

    /// <exception cref="LabException">No platform runs there, or a game day does, in which faults are nobody's business.</exception>
    public static Task<LabClient> ConnectAsync(PlatformOptions options, CancellationToken cancellationToken)
    {
        GameDayFile.RefuseWhilePlayed(options.EffectiveStateDirectory);
        return LabOptions.ConnectAsync(options, cancellationToken);
    }

    /// <summary>A fault that cannot be as it was asked for is a typing error, not a finding.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> action)
    {
        try
        {
            return await action();
        }
        catch (FaultException e)
        {
            await Console.Error.WriteLineAsync($"back2code: {e.Message}");
            return UsageError;
        }
        catch (Exception e) when (e is ToxiproxyException or HttpRequestException)
        {
            throw new LabException($"The platform does not answer: {e.Message}", e);
        }
    }
}
