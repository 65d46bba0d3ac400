using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Traffic;

namespace Back2Code.Lab.Drills;

/// <summary>The traffic generator as a process of its own, so that it distorts no measurement and survives a busy drill engine.</summary>
internal sealed class TrafficProcess : ITrafficRun
{
    // After a stop the generator waits for what is in flight, at most its request time-out of 5 s.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);
    private const int ComplaintLines = 5;

    private readonly PipedChild child;
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task reading;
    private readonly Task complaining;
    private readonly Queue<string> complaint = [];
    private ImmutableList<TrafficSecond> seconds = [];
    private TrafficSummary? summary;

    private TrafficProcess(PipedChild child)
    {
        this.child = child;
        reading = ReadAsync();
        complaining = ComplainAsync();
    }

    public Task Ready => ready.Task;

    public Task Ended => reading;

    public IReadOnlyList<TrafficSecond> Seconds => Volatile.Read(ref seconds);

    public string Complaint
    {
        get
        {
            lock (complaint)
            {
                return string.Join(" · ", complaint);
            }
        }
    }

    public static async Task<TrafficProcess> StartAsync(CommandLine cli, TrafficOrder order, string target, IReadOnlyDictionary<string, string> tokens, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            "traffic", "run", "--json",
            "--target", target,
            "--tokens", "-",
            "--rate", order.Traffic.Rate.ToString(CultureInfo.InvariantCulture),
            "--warmup", Durations.Format(order.Traffic.Warmup),
            "--duration", Durations.Format(order.Duration),
            "--ledger", order.LedgerFile,
            "--seed", order.Seed.ToString(CultureInfo.InvariantCulture),
            .. order.Traffic.Mix is { } mix ? (string[])["--mix", mix] : [],
        ];
        return new TrafficProcess(await PipedChild.StartAsync(cli.With(arguments), JsonSerializer.Serialize(tokens), TrafficEnvironment.Variables, cancellationToken));
    }

    public static async Task<LedgerCheck> VerifyAsync(CommandLine cli, TrafficOrder order, string target, IReadOnlyDictionary<string, string> tokens, CancellationToken cancellationToken)
    {
        string[] arguments = ["traffic", "verify", "--json", "--ledger", order.LedgerFile, "--target", target, "--tokens", "-", "--deadline", "20s"];
        await using var child = await PipedChild.StartAsync(cli.With(arguments), JsonSerializer.Serialize(tokens), TrafficEnvironment.Variables, cancellationToken);
        var output = child.Output.ReadToEndAsync(cancellationToken);
        var error = child.Error.ReadToEndAsync(cancellationToken);
        var text = await output;
        var complaint = (await error).Trim();
        await child.WaitForExitAsync(cancellationToken);
        return new LedgerCheck(TrafficLines.ParseVerdict(text), complaint.Length > 0 ? complaint : $"exit code {child.ExitCode}");
    }

    public async Task<TrafficSummary?> StopAsync(CancellationToken cancellationToken)
    {
        child.Terminate();
        try
        {
            await reading.WaitAsync(StopPatience, cancellationToken);
        }
        catch (TimeoutException)
        {
            // It hangs; without a summary the drill cannot pass, and disposing kills it.
        }

        return summary;
    }

    public async ValueTask DisposeAsync()
    {
        await child.DisposeAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await complaining.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReadAsync()
    {
        while (await child.Output.ReadLineAsync() is { } line)
        {
            switch (TrafficLines.Parse(line))
            {
                case TrafficReady:
                    ready.TrySetResult();
                    break;
                case TrafficSecond second:
                    Volatile.Write(ref seconds, seconds.Add(second));
                    break;
                case TrafficSummary last:
                    summary = last;
                    break;
            }
        }

        ready.TrySetException(new InvalidOperationException("the traffic generator ended before it was ready"));
    }

    private async Task ComplainAsync()
    {
        while (await child.Error.ReadLineAsync() is { } line)
        {
            lock (complaint)
            {
                complaint.Enqueue(line.Trim());
                if (complaint.Count > ComplaintLines)
                {
                    complaint.Dequeue();
                }
            }
        }
    }
}
