using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Faults;

namespace Back2Code.Cli.Commands;

/// <summary>Injects one fault. The lab is its owner and ends it, unless this command waits.</summary>
internal static class FaultAddCommand
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static Command Create()
    {
        var type = new Argument<string>("type") { Description = "As `fault list` names it", HelpName = "TYPE" };
        var target = new Option<string>("--target") { Description = "Name of a process or link; * stands for any run of characters.", HelpName = "NAME", Required = true };
        var set = new Option<string[]>("--set") { Description = "A parameter; may be given several times.", HelpName = "name=value", AllowMultipleArgumentsPerToken = true };
        var stands = new Option<string?>("--for") { Description = "How long it stands; half an hour when left out.", HelpName = "30s" };
        var wait = new Option<bool>("--wait") { Description = "Stay until it is over; Ctrl-C ends it early." };
        var json = LabOptions.Json();
        var state = LabOptions.State();
        var command = new Command("add", """
            Inject a fault into the running platform and print its receipt: what was seen on the target.

            Examples:
              back2code fault add link.latency --target 'notes-*-to-postgres' --set latency=200ms jitter=50ms --for 30s
              back2code fault add process.kill --target redis --set downFor=10s
              back2code fault add cpu.burn --target host --for 1m --wait

            The lab ends it after --for, also when this command has returned. Exit codes: 0 seen on every target, 1 the platform does not run, 2 not such a fault
            (nothing was touched), 4 not seen: it may stand all the same, see `fault status`.
            """)
        {
            type, target, set, stands, wait, json, state,
        };
        command.SetAction((parsed, cancellationToken) => FaultCommand.GuardAsync(async () =>
        {
            var order = new FaultOrder(
                parsed.GetRequiredValue(type), parsed.GetRequiredValue(target), ParametersOf(parsed.GetValue(set) ?? []), parsed.GetValue(stands));
            var until = Check(order);
            using var lab = await FaultCommand.ConnectAsync(LabOptions.Read(parsed, state), cancellationToken);
            return parsed.GetValue(wait)
                ? await WaitAsync(lab, order, until, parsed.GetValue(json), cancellationToken)
                : await AddAsync(lab, order, parsed.GetValue(json), cancellationToken);
        }));
        return command;
    }

    private static Dictionary<string, string> ParametersOf(string[] sets)
    {
        var parameters = new Dictionary<string, string>();
        foreach (var text in sets)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !parameters.TryAdd(text[..equals], text[(equals + 1)..]))
            {
                throw new FaultException(equals <= 0 ? $"--set '{text}' is not name=value." : $"--set {text[..equals]} is given twice.");
            }
        }

        return parameters;
    }

    /// <summary>Before anything is asked of the platform, so that all errors come at once.</summary>
    private static TimeSpan? Check(FaultOrder order)
    {
        TimeSpan? stands = order.For is not { } text ? null : Durations.TryParse(text, out var given) ? given : throw new FaultException($"--for '{text}' is not a duration; expected for example 30s or 5m.");
        var errors = FaultCatalogue.Validate(order.Type, order.Target, order.Parameters, stands);
        return errors.Count == 0 ? stands : throw new FaultException(string.Join('\n', errors));
    }

    private static async Task<int> AddAsync(LabClient lab, FaultOrder order, bool json, CancellationToken cancellationToken)
    {
        var answer = await lab.InjectAsync(order, cancellationToken);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(answer, Indented));
        }
        else
        {
            Print(answer.Receipt);
            Console.WriteLine(answer.StandsUntil is { } until
                ? string.Create(CultureInfo.InvariantCulture, $"It stands until {until.ToLocalTime():HH:mm:ss}; end it earlier with: back2code fault remove {answer.Receipt.FaultId}")
                : "It is over.");
        }

        return answer.Receipt.Observed ? 0 : FaultCommand.NotSeen;
    }

    private static async Task<int> WaitAsync(LabClient lab, FaultOrder order, TimeSpan? stands, bool json, CancellationToken cancellationToken)
    {
        using var fault = await ForegroundFault.InjectAsync(lab, order, stands, cancellationToken);
        if (!json)
        {
            Print(fault.Receipt);
        }

        var end = stands ?? (order.Parameters.TryGetValue("downFor", out var down) && Durations.TryParse(down, out var downFor) ? downFor
            : FaultCatalogue.Find(order.Type).Lasts ? Timeout.InfiniteTimeSpan : TimeSpan.Zero);
        await fault.StandAsync(end, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var undone = await fault.UndoAsync(CancellationToken.None);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { fault.Receipt, undone }, Indented));
        }
        else
        {
            foreach (var line in undone.Observations.DefaultIfEmpty("there was nothing to undo"))
            {
                Console.WriteLine($"  undone: {line}");
            }
        }

        return fault.Receipt.Observed ? 0 : FaultCommand.NotSeen;
    }

    private static void Print(Receipt receipt)
    {
        Console.WriteLine($"{receipt.Type} on {receipt.Target} {(receipt.Observed ? "was seen" : "was NOT seen")} (fault {receipt.FaultId})");
        foreach (var line in receipt.Observations)
        {
            Console.WriteLine($"  {line}");
        }
    }
}
