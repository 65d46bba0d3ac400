using System.CommandLine;
using System.Globalization;
using Back2Code.Chaos.Faults.Workers;

namespace Back2Code.Cli.Commands;

/// <summary>What the lab starts to load the machine for a fault. Not for people: a fault of its own ends, this does not.</summary>
internal static class WorkerCommand
{
    public static Command Create() => new("worker", "Load the machine until killed; started by the lab for faults.")
    {
        Hidden = true,
        Subcommands = { Cpu(), Memory(), Disk(), TrafficWorkers.Requests(), TrafficWorkers.Connections(), TrafficWorkers.Retries(), TrafficWorkers.SignIns() },
    };

    private static Command Cpu()
    {
        var threads = new Argument<int>("threads");
        var share = new Argument<string>("share");
        var command = new Command("cpu") { threads, share };
        command.SetAction((parsed, cancellationToken) =>
            LoadWorker.BurnAsync(parsed.GetRequiredValue(threads), double.Parse(parsed.GetRequiredValue(share), CultureInfo.InvariantCulture), cancellationToken));
        return command;
    }

    private static Command Memory()
    {
        var size = new Argument<int>("mebibytes");
        var command = new Command("memory") { size };
        command.SetAction((parsed, cancellationToken) => LoadWorker.HoldMemoryAsync(parsed.GetRequiredValue(size), cancellationToken));
        return command;
    }

    private static Command Disk()
    {
        var rate = new Argument<int>("mebibytes-per-second");
        var command = new Command("disk") { rate };
        command.SetAction((parsed, cancellationToken) => LoadWorker.WriteToDiskAsync(Environment.CurrentDirectory, parsed.GetRequiredValue(rate), cancellationToken));
        return command;
    }
}
