using System.Globalization;
using Back2Code.Lab.Reports;
using Back2Code.Lab.Supervision;
using Back2Code.Slo;

namespace Back2Code.Lab.Drills;

/// <summary>How a drill is to be run.</summary>
public sealed record DrillSessionOptions
{
    public required PlatformOptions Platform { get; init; }

    /// <summary>Folder of this run's report; null makes one under <c>reports/</c> beside topology.yaml.</summary>
    public string? ReportFolder { get; init; }

    /// <summary>Leave the platform running afterwards.</summary>
    public bool Keep { get; init; }

    /// <summary>Same seed, same traffic.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>What is different from the drill as its file has it. Already applied to the drill; the report keeps it.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    public CommandLine Cli { get; init; } = CommandLine.Own;
}

/// <summary>What came of a drill.</summary>
/// <param name="Summary">The text of summary.json.</param>
/// <param name="Figures">The figures of the summary, for people.</param>
/// <param name="Missed">One line for each objective that was missed.</param>
public sealed record DrillOutcome(int ExitCode, DrillStatus Status, string? Reason, string ReportFolder, string Summary, IReadOnlyList<string> Figures, IReadOnlyList<string> Missed)
{
    /// <summary>Everything known about the run.</summary>
    public required DrillRecord Record { get; init; }
}

/// <summary>One run of a drill from nothing to its report: platform, engine, report, and everything stopped that it started.</summary>
public static class DrillSession
{
    // The report of an interrupted drill is written after the caller's token was cancelled.
    private static readonly TimeSpan ReportTime = TimeSpan.FromSeconds(15);

    /// <exception cref="LabException">The report cannot be written; nothing was started.</exception>
    public static async Task<DrillOutcome> RunAsync(
        Drill drill, DrillSessionOptions options, IProgress<DrillProgress>? progress, TimeProvider clock, CancellationToken cancellationToken)
    {
        var record = new DrillRecord { Drill = drill, StartedAt = clock.GetUtcNow(), Seed = options.Seed };
        record.Evidence.Settings = options.Settings;
        record.Notes.AddRange(drill.Experiment.Warnings);
        var folder = CreateFolder(drill, options, record);
        record.Evidence.DocsPath = Path.GetRelativePath(folder.Path, Path.Combine(options.Platform.Home, "docs"));
        var phases = new Phases(record, clock, progress);

        Platform? platform = null;
        try
        {
            platform = await StartAsync(drill, options with { Platform = options.Platform.With(drill.TimeScale) }, phases, cancellationToken);
            await PlayAsync(platform, record, options, phases, folder, clock, cancellationToken);
        }
        catch (LabException e)
        {
            // Without a platform there is no steady state; nothing was injected.
            phases.End(e.Message, succeeded: false);
            End(record, DrillStatus.Failed, 3, e.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            phases.End("interrupted", succeeded: false);
            End(record, DrillStatus.Interrupted, 130, "stopped by its operator");
        }
        finally
        {
            // The report first: whoever is in a hurry need not wait for the platform to stop.
            await ReportAsync(record, folder, phases, clock);
            await StopAsync(platform, phases);
        }

        return new DrillOutcome(
            record.ExitCode,
            record.Status,
            record.Reason,
            folder.Path,
            SummaryJson.Text(record),
            [.. Facts.Of(record).Select(f => f.Note is null ? $"{f.Name}: {f.Value}" : $"{f.Name}: {f.Value} ({f.Note})")],
            [.. record.Objectives.Where(o => !o.Met).Select(ObjectiveJudge.Describe)])
        {
            Record = record,
        };
    }

    private static void End(DrillRecord record, DrillStatus status, int exitCode, string reason)
    {
        record.Evidence.Verdict = new Verdict(status, exitCode, reason);
        DrillFigures.Conclude(record);
    }

    private static ReportFolder CreateFolder(Drill drill, DrillSessionOptions options, DrillRecord record)
    {
        try
        {
            return ReportFolder.Create(options.ReportFolder, Path.Combine(options.Platform.Home, "reports"), drill.Name, record.StartedAt);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The report cannot be written: {e.Message} Choose another folder with --report DIR.", e);
        }
    }

    private static async Task<Platform> StartAsync(Drill drill, DrillSessionOptions options, Phases phases, CancellationToken cancellationToken)
    {
        phases.Begin(DrillPhase.Platform, "looking for a running platform");
        var telling = new Telling(phases);
        if (options.Keep)
        {
            await StartDetachedAsync(options, cancellationToken);
        }

        var platform = await Platform.StartOrAttachAsync(options.Platform, telling, cancellationToken);
        var status = await platform.Client.GetStatusAsync(cancellationToken);
        if (status.TimeScale != drill.TimeScale)
        {
            await platform.DisposeAsync();
            throw new LabException(string.Create(
                CultureInfo.InvariantCulture,
                $"The platform on {status.StateDirectory} divides the windows of its objectives by {status.TimeScale}; {drill.Name} needs one that divides by {drill.TimeScale}. Stop it with `back2code down`, or let the drill start its own with --state DIR --port-base auto."));
        }

        phases.End($"{(platform.Owned ? "started" : "found running")}, {status.Processes.Count} processes ready, gateway {status.Endpoints.Gateway}");
        return platform;
    }

    /// <summary>A platform that is to outlive the drill needs a lab that does: the same that <c>up --detach</c> makes.</summary>
    private static async Task StartDetachedAsync(DrillSessionOptions options, CancellationToken cancellationToken)
    {
        using var running = await LabClient.TryConnectAsync(options.Platform.EffectiveStateDirectory, cancellationToken);
        if (running is not null)
        {
            return;
        }

        var portBase = options.Platform.PortBase is { } port ? port.ToString(CultureInfo.InvariantCulture) : "auto";
        await using var up = await PipedChild.StartAsync(
            options.Cli.With(["up", "--detach", "--state", options.Platform.EffectiveStateDirectory, "--port-base", portBase, "--time-scale", options.Platform.TimeScale!.Value.ToString(CultureInfo.InvariantCulture)]), "", new Dictionary<string, string>(), cancellationToken);
        var output = up.Output.ReadToEndAsync(cancellationToken);
        var error = up.Error.ReadToEndAsync(cancellationToken);
        await up.WaitForExitAsync(cancellationToken);
        await output;
        if (up.ExitCode != 0)
        {
            throw new LabException((await error).Trim());
        }
    }

    private static async Task PlayAsync(
        Platform platform, DrillRecord record, DrillSessionOptions options, Phases phases, ReportFolder folder, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var alone = DrillLock.Take(platform.Paths.Root);
        using var seen = await LabDrillPlatform.ConnectAsync(platform, options.Cli, AvailabilityObjective(options.Platform.Home), clock, cancellationToken);
        await using var engine = new DrillEngine(seen, record, phases, new DrillTimes(), folder.Ledger, clock);
        await engine.RunAsync(cancellationToken);
        await FaultRevelation.TellAsync(platform, record, cancellationToken);
    }

    internal static decimal AvailabilityObjective(string home)
    {
        try
        {
            var slo = SloFiles.Load(Path.Combine(home, "slos")).Objectives.FirstOrDefault(o => o.Name == "notes-availability");
            return slo?.Targets[0].Target ?? throw new LabException("slos/ has no SLO named notes-availability, whose budget a drill is measured against.");
        }
        catch (SloFileException e)
        {
            throw new LabException(e.Message, e);
        }
    }

    private static async Task ReportAsync(DrillRecord record, ReportFolder folder, Phases phases, TimeProvider clock)
    {
        record.EndedAt = clock.GetUtcNow();
        phases.Begin(DrillPhase.Report, "writing");
        using var limit = new CancellationTokenSource(ReportTime, clock);
        try
        {
            await folder.WriteAsync(record, limit.Token);
            phases.End("report.html, report.md, summary.json, journal.json");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            // The verdict still reaches the terminal; a drill without its evidence must not look like a success.
            phases.End($"not written: {e.Message}", succeeded: false);
            record.Notes.Add($"The report could not be written: {e.Message}");
            record.ExitCode = record.ExitCode == 0 ? 4 : record.ExitCode;
            record.Reason ??= $"the report could not be written: {e.Message}";
        }
    }

    private static async Task StopAsync(Platform? platform, Phases phases)
    {
        if (platform is null)
        {
            return;
        }

        if (platform.Owned)
        {
            phases.Begin(DrillPhase.Stop, "stopping what the drill started");
        }

        await platform.DisposeAsync();
        phases.End("everything is stopped");
    }

    private sealed class Telling(Phases phases) : IProgress<PlatformProgress>
    {
        public void Report(PlatformProgress value) => phases.Say(value.Process is { } process ? $"{process}: {value.Text}" : value.Text);
    }
}
