using System.CommandLine;
using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Faults.Identity;
using Back2Code.Chaos.Faults.Traffic;

namespace Back2Code.Cli.Commands;

/// <summary>Workers that send something to the gateway. A token, where one is needed, comes in the environment.</summary>
internal static class TrafficWorkers
{
    private static readonly Option<Uri> Url = new("--url") { Required = true, CustomParser = result => new Uri(result.Tokens[0].Value) };

    public static Command Requests()
    {
        var rate = new Option<int>("--rate") { Required = true };
        var command = new Command("requests") { Url, rate };
        command.SetAction((parsed, stop) => TrafficWorker.SendAsync(parsed.GetRequiredValue(Url), parsed.GetValue(rate), TimeSpan.FromSeconds(5), stop));
        return command;
    }

    public static Command Connections()
    {
        var count = new Option<int>("--count") { Required = true };
        var drip = Duration("--drip");
        var command = new Command("connections") { Url, count, drip };
        command.SetAction((parsed, stop) => TrafficWorker.HoldAsync(parsed.GetRequiredValue(Url), parsed.GetValue(count), parsed.GetValue(drip), stop));
        return command;
    }

    public static Command Retries()
    {
        var clients = new Option<int>("--clients") { Required = true };
        var interval = Duration("--interval");
        var timeout = Duration("--timeout");
        var retries = new Option<int>("--retries");
        var command = new Command("retries") { Url, clients, interval, timeout, retries };
        command.SetAction((parsed, stop) => TrafficWorker.RetryAsync(
            parsed.GetRequiredValue(Url), parsed.GetValue(clients), parsed.GetValue(interval) ?? TimeSpan.FromSeconds(1), parsed.GetValue(timeout) ?? TimeSpan.FromMilliseconds(500), parsed.GetValue(retries), stop));
        return command;
    }

    public static Command SignIns()
    {
        var rate = new Option<int>("--rate") { Required = true };
        var addresses = new Option<int>("--addresses") { Required = true };
        var command = new Command("sign-ins") { Url, rate, addresses };
        command.SetAction((parsed, stop) => SignInWorker.TryAsync(parsed.GetRequiredValue(Url), parsed.GetValue(rate), parsed.GetValue(addresses), stop));
        return command;
    }

    private static Option<TimeSpan?> Duration(string name) => new(name)
    {
        CustomParser = result =>
        {
            if (Durations.TryParse(result.Tokens[0].Value, out var value))
            {
                return value;
            }

            result.AddError($"{name} takes a duration such as 500ms.");
            return null;
        },
    };
}
