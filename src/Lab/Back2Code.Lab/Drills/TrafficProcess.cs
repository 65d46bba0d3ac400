using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Identity;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Lab.Drills;

/// <summary>The traffic generator as a process of its own, so that it distorts no measurement and survives a busy drill engine.</summary>
internal sealed class TrafficProcess : ITrafficRun
{
    // After a stop the generator waits for what is in flight, at most its request time-out of 5 s.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);
    private const int ComplaintLines = 5;

    private readonly PipedChild _child;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private readonly Task _complaining;
    private readonly Queue<string> _complaint = [];
    private ImmutableList<TrafficSecond> _seconds = [];
    private TrafficSummary? _summary;

    private TrafficProcess(PipedChild child)
    {
        this._child = child;
        _reading = ReadAsync();
        _complaining = ComplainAsync();
    }

    public Task Ready => _ready.Task;

    public int Prepared { get; private set; }

    public Task Ended => _reading;

    public IReadOnlyList<TrafficSecond> Seconds => Volatile.Read(ref _seconds);

    public string Complaint
    {
        get
        {
            lock (_complaint)
            {
                return string.Join(" · ", _complaint);
            }
        }
    }

    /// <param name="identity">Where tokens are renewed; null when they last.</param>
    public static async Task<TrafficProcess> StartAsync(
        CommandLine cli, TrafficOrder order, string target, IReadOnlyDictionary<string, string> tokens, IdentityAccess? identity, CancellationToken cancellationToken)
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
            .. identity is not null ? (string[])["--identity", identity.Address.ToString()] : [],
            .. identity is not null && order.Traffic.Renew is { } age ? (string[])["--renew", Durations.Format(age)] : [],
        ];
        return new TrafficProcess(await PipedChild.StartAsync(cli.With(arguments), JsonSerializer.Serialize(tokens), EnvironmentFor(identity), cancellationToken));
    }

    public static async Task<LedgerCheck> VerifyAsync(
        CommandLine cli, TrafficOrder order, string target, IReadOnlyDictionary<string, string> tokens, TimeSpan patience, Action<VerificationProgress> onProgress, CancellationToken cancellationToken)
    {
        string[] arguments = ["traffic", "verify", "--json", "--progress", "--ledger", order.LedgerFile, "--readback", order.ReadBackFile, "--target", target, "--tokens", "-", "--deadline", Durations.Format(patience)];
        await using var child = await PipedChild.StartAsync(cli.With(arguments), JsonSerializer.Serialize(tokens), TrafficEnvironment.Variables, cancellationToken);
        var error = child.Error.ReadToEndAsync(cancellationToken);
        var rest = new StringBuilder();
        while (await child.Output.ReadLineAsync(cancellationToken) is { } line)
        {
            if (TrafficLines.Parse(line) is VerificationProgress progress)
            {
                onProgress(progress);
            }
            else
            {
                rest.AppendLine(line);
            }
        }

        var complaint = (await error).Trim();
        await child.WaitForExitAsync(cancellationToken);
        return new LedgerCheck(TrafficLines.ParseVerdict(rest.ToString()), complaint.Length > 0 ? complaint : $"exit code {child.ExitCode}");
    }

    public async Task<TrafficSummary?> StopAsync(CancellationToken cancellationToken)
    {
        _child.Terminate();
        try
        {
            await _reading.WaitAsync(StopPatience, cancellationToken);
        }
        catch (TimeoutException)
        {
            // It hangs; without a summary the drill cannot pass, and disposing kills it.
        }

        return _summary;
    }

    public async ValueTask DisposeAsync()
    {
        await _child.DisposeAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _complaining.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static IReadOnlyDictionary<string, string> EnvironmentFor(IdentityAccess? identity) => identity is null
        ? TrafficEnvironment.Variables
        : new Dictionary<string, string>(TrafficEnvironment.Variables)
        {
            [TrafficEnvironment.IdentityClient] = identity.ClientId,
            [TrafficEnvironment.IdentitySecret] = identity.ClientSecret,
        };

    private async Task ReadAsync()
    {
        while (await _child.Output.ReadLineAsync() is { } line)
        {
            switch (TrafficLines.Parse(line))
            {
                case TrafficReady first:
                    // Each note is created and read once.
                    Prepared = 2 * first.Notes;
                    _ready.TrySetResult();
                    break;
                case TrafficSecond second:
                    Volatile.Write(ref _seconds, _seconds.Add(second));
                    break;
                case TrafficSummary last:
                    _summary = last;
                    break;
            }
        }

        _ready.TrySetException(new InvalidOperationException("the traffic generator ended before it was ready"));
    }

    private async Task ComplainAsync()
    {
        while (await _child.Error.ReadLineAsync() is { } line)
        {
            lock (_complaint)
            {
                _complaint.Enqueue(line.Trim());
                if (_complaint.Count > ComplaintLines)
                {
                    _complaint.Dequeue();
                }
            }
        }
    }
}
