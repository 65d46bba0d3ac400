using System.Globalization;
using Back2Code.Chaos.Certificates;
using Back2Code.Chaos.Faults.Settings;

namespace Back2Code.Chaos.Faults.Keys;

/// <summary><c>keys.certificate-expiring</c>: a certificate that nobody has renewed, where the health monitor looks for it.</summary>
internal sealed class CertificateFault : IFault
{
    private const string Variable = "Monitoring__Health__Certificates__0";

    // A start of the service, and two looks at its interval in the lab.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    public string Type => "keys.certificate-expiring";

    public string Family => "keys";

    public string Summary => "Gives the health monitor a certificate to watch that ends soon, or has ended. Monitoring is restarted for it.";

    public string Symptom => "The check `certificate` on the status page: a warning below 21 days, critical below 7; after three looks HealthCheckWarning or HealthCheckCritical. No user notices, yet.";

    public string Receipt => "The health monitor's own metrics show the days that the certificate has left.";

    public string Undo => "Restarts monitoring with the topology's settings and deletes the certificate when the fault ends; the file also goes with whatever command comes next.";

    public FaultExample Example { get; } = new("monitoring", ("left", "48h"));

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new DurationParameter("left", "How long it is valid.", TimeSpan.FromMinutes(1), TimeSpan.FromDays(90), Required: true),
    ];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var left = FaultSettings.Of(this, context).Duration("left")!.Value;
        var platform = context.Platform;
        if (TargetPattern.Resolve(context.Target, "process", await platform.ListProcessesAsync(cancellationToken), p => p.Name) is not [{ Name: "monitoring" } target])
        {
            throw new FaultException($"{Type} is watched by the health monitor; its target is 'monitoring', not '{context.Target}'.");
        }

        string path = Path.Combine(platform.FaultsDirectory, context.FaultId + ".pem");
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [new RestoreProcess(target.Name), new DeleteFile(path)],
            async token =>
            {
                await File.WriteAllTextAsync(path, CreateCertificate(platform.Time.GetUtcNow(), left), token);
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
                await platform.OverrideAsync(target.Name, new LaunchOverride { Environment = new Dictionary<string, string?> { [Variable] = path } }, token);
                return [await WatchAsync(platform, target, Path.GetFileName(path), token)];
            },
            sumUp: null,
            cancellationToken);
    }

    /// <summary>The monitor's own finding, as its metrics have it.</summary>
    private static async Task<Evidence> WatchAsync(IFaultTarget platform, TargetProcess monitoring, string certificate, CancellationToken cancellationToken)
    {
        var start = platform.Time.GetTimestamp();
        string? days = null;
        while (platform.Time.GetElapsedTime(start) < Patience)
        {
            days ??= await ReadAsync(monitoring, $"target=\"{certificate}\"", cancellationToken);
            if (days is not null && double.TryParse(days, NumberStyles.Float, CultureInfo.InvariantCulture, out double left))
            {
                return Evidence.Seen($"{monitoring.Name}: its check of {certificate} has found {left:0.0} days left, {platform.Time.GetElapsedTime(start).TotalSeconds:0.0} s after the certificate was put there");
            }

            await Task.Delay(Interval, platform.Time, cancellationToken);
        }

        return Evidence.NotSeen($"{monitoring.Name}: has not looked at {certificate} within {Patience.TotalSeconds:0} s");
    }

    private static async Task<string?> ReadAsync(TargetProcess process, string label, CancellationToken cancellationToken)
    {
        try
        {
            string metrics = await Http.GetStringAsync(new Uri($"http://127.0.0.1:{process.Port}/metrics"), cancellationToken);
            return metrics.Split('\n').FirstOrDefault(line => line.StartsWith("back2code_health_reading{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))?.Split(' ')[^1];
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    private static string CreateCertificate(DateTimeOffset now, TimeSpan left)
    {
        var from = now - TimeSpan.FromDays(90);
        using var authority = DevelopmentAuthority.Create("Back2Code fault", from, now + left);
        using var certificate = authority.Issue(["localhost"], from, now + left);
        return certificate.ExportCertificatePem();
    }
}

/// <summary>Takes a file of a fault's own away.</summary>
internal sealed record DeleteFile(string Path) : UndoStep
{
    internal override bool OutlivesPlatform => true;

    public override Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        bool there = File.Exists(Path);
        File.Delete(Path);
        return Task.FromResult($"{System.IO.Path.GetFileName(Path)} {(there ? "is deleted" : "was gone already")}");
    }
}
