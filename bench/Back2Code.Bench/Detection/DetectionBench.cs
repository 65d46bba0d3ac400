using System.Globalization;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Supervision;

namespace Back2Code.Bench.Detection;

/// <summary>
/// How long it takes from a fault to an open incident, and what the time goes into: for a total outage and for one request in ten failing, several
/// times each, beside the textbook setting that watches the same gateway through the same outage.
/// </summary>
public static class DetectionBench
{
    private const string Alert = "NotesAvailabilityFastBurn";

    // A round that takes longer is lost, and said to be.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private static readonly (string Name, DrillFault Fault, double Limit)[] Outages =
    [
        ("total outage", Fault("link.down", "gateway-to-notes-*", []), 3),
        ("10 % errors", Fault("app.errors", "notes-*", new() { ["ratio"] = "0.1" }), 10),
    ];

    /// <summary>Prints the medians; 1 when a limit is missed. Arguments: <c>--rounds N</c> (5), <c>--textbook-divisor D</c> (15; 1 leaves its scrape and evaluation as they are).</summary>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var rounds = (int)Argument(args, "--rounds", 5);
        var textbookSetting = DetectionSetting.Textbook(Argument(args, "--textbook-divisor", 15));
        var folder = Directory.CreateTempSubdirectory("b2c-detection-");
        // The user that root's children run as must be able to enter.
        folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        try
        {
            var options = new PlatformOptions { Home = Home(), StateDirectory = Path.Combine(folder.FullName, "state"), PortBase = null };
            await using var platform = await Back2Code.Lab.Supervision.Platform.StartAsync(options, progress: null, cancellationToken);
            var status = await platform.Client.GetStatusAsync(cancellationToken);
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
            var metricsPort = status.Links.First(l => l.Client == "prometheus" && l.Server.StartsWith("gateway", StringComparison.Ordinal)).UpstreamPort;
            await using var textbook = await Textbook.StartAsync(textbookSetting, metricsPort, http, cancellationToken);
            Console.WriteLine($"detection  {DetectionSetting.Lab.Name,-9}  {DetectionSetting.Lab}");
            Console.WriteLine($"detection  {textbookSetting.Name,-9}  {textbookSetting}");
            await using var bench = await Rounds.BeginAsync(platform, status, http, textbook, textbookSetting, folder.FullName, cancellationToken);
            var met = true;
            foreach (var (name, fault, limit) in Outages)
            {
                met &= await MeasureAsync(bench, name, fault, limit, rounds, cancellationToken);
            }

            Console.WriteLine($"detection  limits: total outage 3 s, 10 % errors 10 s, medians of {rounds} rounds: {(met ? "met" : "MISSED")}");
            return met ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<bool> MeasureAsync(Rounds bench, string name, DrillFault fault, double limit, int rounds, CancellationToken cancellationToken)
    {
        var ours = new List<Lag>();
        var textbook = new List<Lag>();
        for (var round = 1; round <= rounds; round++)
        {
            var (mine, theirs) = await bench.PlayAsync(fault, cancellationToken);
            ours.AddRange(mine is null ? [] : [mine]);
            textbook.AddRange(theirs is null ? [] : [theirs]);
            Console.WriteLine($"detection  {name,-13} round {round}: Back2Code {Text(mine?.Total)}, textbook {Text(theirs?.Total)}");
        }

        Print(name, DetectionSetting.Lab.Name, ours, rounds);
        Print(name, "textbook", textbook, rounds);
        return ours.Count == rounds && Lag.Middle(ours, l => l.Total) <= limit;
    }

    private static void Print(string name, string setting, List<Lag> lags, int rounds)
    {
        if (lags.Count == 0)
        {
            Console.WriteLine($"detection  {name,-13} {setting,-9}  not detected in any of {rounds} rounds");
            return;
        }

        var part = Lag.Median(lags);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"detection  {name,-13} {setting,-9}  median {Lag.Middle(lags, l => l.Total),5:0.00} s (from {lags.Min(l => l.Total):0.00} to {lags.Max(l => l.Total):0.00}, {lags.Count} of {rounds}) = telemetry {part.Telemetry:0.00} + window {part.Window:0.00} + evaluation {part.Evaluation:0.00} + notification {part.Notification:0.00}"));
    }

    private static string Text(double? seconds) => seconds is { } s ? s.ToString("0.00 's'", CultureInfo.InvariantCulture) : "not detected";

    private static DrillFault Fault(string type, string target, Dictionary<string, string> parameters) => new(type, target, parameters, Patience);

    private static double Argument(string[] args, string name, double otherwise) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? double.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;

    private static string Home()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "topology.yaml")))
            {
                return folder;
            }
        }

        throw new LabException("There is no topology.yaml above the benchmarks.");
    }

    /// <summary>Users all the time, and one outage after the other, each beginning with clean windows.</summary>
    private sealed class Rounds(IDrillPlatform drills, HttpClient http, string prometheus, Textbook textbook, DetectionSetting textbookSetting, ITrafficRun traffic) : IAsyncDisposable
    {
        private DateTimeOffset _quietSince = TimeProvider.System.GetUtcNow();

        public static async Task<Rounds> BeginAsync(
            Back2Code.Lab.Supervision.Platform platform, LabStatus status, HttpClient http, Textbook textbook, DetectionSetting textbookSetting, string folder, CancellationToken cancellationToken)
        {
            var cli = new Back2Code.Lab.Drills.CommandLine([.. Back2Code.Lab.Drills.CommandLine.Own.Prefix.Take(1), Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Back2Code.Cli", "release", "back2code.dll"))]);
            var drills = await LabDrillPlatform.ConnectAsync(platform, cli, 0.995m, TimeProvider.System, cancellationToken);
            var traffic = await drills.StartTrafficAsync(
                new TrafficOrder(new DrillTraffic(120, TimeSpan.FromSeconds(5), 20, null), TimeSpan.FromHours(2), Path.Combine(folder, "ledger.jsonl"), 1, [.. Enumerable.Range(1, 20).Select(n => $"bench-{n:00}")]),
                cancellationToken);
            await traffic.Ready.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
            return new Rounds(drills, http, status.Endpoints.Prometheus!, textbook, textbookSetting, traffic);
        }

        public async Task<(Lag? Ours, Lag? Textbook)> PlayAsync(DrillFault fault, CancellationToken cancellationToken)
        {
            await CleanAsync(cancellationToken);
            var injected = await drills.InjectAsync(fault, cancellationToken);
            var at = injected.Receipt.InjectedAt;
            (DateTimeOffset Fired, DateTimeOffset Received)? ours = null;
            (DateTimeOffset Fired, DateTimeOffset Received)? theirs = null;
            while ((ours is null || theirs is null) && TimeProvider.System.GetUtcNow() < at + Patience)
            {
                await Task.Delay(Poll, cancellationToken);
                theirs ??= textbook.FirstPage(at);
                ours ??= (await drills.ListReceivedAsync(at - TimeSpan.FromSeconds(1), cancellationToken))
                    .Where(a => a.Name == Alert && a is { ReceivedAt: not null, IncidentId: not null })
                    .Select(a => ((DateTimeOffset, DateTimeOffset)?)(a.FiredAt, a.ReceivedAt!.Value)).FirstOrDefault();
            }

            // Split before the samples grow old; the outage goes on meanwhile, which changes nothing that has been measured.
            var split = (
                ours is { } o ? await Lag.SplitAsync(http, prometheus, DetectionSetting.Lab, at, o.Fired, o.Received, cancellationToken) : null,
                theirs is { } t ? await Lag.SplitAsync(http, textbook.Prometheus, textbookSetting, at, t.Fired, t.Received, cancellationToken) : null);
            await injected.UndoAsync(cancellationToken);
            _quietSince = TimeProvider.System.GetUtcNow();
            return split;
        }

        public async ValueTask DisposeAsync()
        {
            await traffic.DisposeAsync();
            (drills as IDisposable)?.Dispose();
        }

        private async Task CleanAsync(CancellationToken cancellationToken)
        {
            var memory = TimeSpan.FromTicks(Math.Max(DetectionSetting.Lab.Memory.Ticks, textbookSetting.Memory.Ticks)) + TimeSpan.FromSeconds(3);
            while (TimeProvider.System.GetUtcNow() < _quietSince + memory || (await drills.ListFiringAsync(cancellationToken)).Contains(Alert))
            {
                await Task.Delay(Poll, cancellationToken);
            }
        }
    }
}
