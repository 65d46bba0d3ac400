using System.Security.Cryptography;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Reports;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Linux;

namespace Back2Code.Lab.GameDays;

/// <summary>How a game day is to be played.</summary>
public sealed record GameDayOptions
{
    public required DrillSessionOptions Session { get; init; }

    public required string Operator { get; init; }

    /// <summary>Nothing is told: not when something was broken, nor how many things will be.</summary>
    public bool Blind { get; init; }

    /// <summary>Hidden faults, one after another; 1 to 10.</summary>
    public int Faults { get; init; } = 1;

    /// <summary>Something harmless happens as well.</summary>
    public bool Noise { get; init; }

    /// <summary>1 to 240, shared by the faults.</summary>
    public int Minutes { get; init; } = 15;

    /// <summary>Only these drills; empty for every one that is fit.</summary>
    public IReadOnlyList<string> Drills { get; init; } = [];

    /// <summary>The learner's journal; null for none.</summary>
    public string? JournalFolder { get; init; }
}

/// <summary>One game day from nothing to its report.</summary>
public static class GameDaySession
{
    private static readonly TimeSpan ReportTime = TimeSpan.FromSeconds(15);

    /// <summary>Reports what a person is to see while it runs.</summary>
    /// <exception cref="LabException">It cannot begin; nothing was broken.</exception>
    /// <exception cref="ArgumentException">Fewer drills than faults.</exception>
    public static async Task<GameDayOutcome> RunAsync(
        GameDayOptions options, IProgress<string> progress, Action<GameDayFile> onOpen, TimeProvider clock, CancellationToken cancellationToken)
    {
        var session = options.Session;
        var catalogue = new DrillCatalogue(Path.Combine(session.Platform.Home, "drills"));
        var drills = (options.Drills.Count > 0 ? options.Drills : catalogue.Names).Select(catalogue.Load).ToDictionary(d => d.Name);
        var plan = GameDayPlan.Draw([.. drills.Values], options.Faults, options.Minutes, options.Noise, session.Seed);
        var folder = CreateFolder(session, clock);
        progress.Report($"sealed as SHA-256 {plan.Commitment()}");

        await using var platform = await Platform.StartOrAttachAsync(
            session.Platform, new Telling(progress), cancellationToken);
        using var alone = DrillLock.Take(platform.Paths.Root);
        using var seen = await LabDrillPlatform.ConnectAsync(platform, session.Cli, DrillSession.AvailabilityObjective(session.Platform.Home), clock, cancellationToken);

        // From here on: the minutes are the operator's, not the platform's.
        var startedAt = clock.GetUtcNow();
        var record = new GameDayRecord
        {
            Plan = plan, Operator = options.Operator, Blind = options.Blind, StartedAt = startedAt, AvailabilityObjective = seen.AvailabilityObjective,
        };
        var book = new GameDayBook(clock);
        var told = new Told(progress);
        await using var run = new GameDayRun(seen, record, book, drills, new DrillTimes(), folder.Ledger, told.Say, clock);
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        await using var api = await GameDayApi.StartAsync(token, book, Status, () => run.Hints, cancellationToken);
        var self = ProcFs.Stat(Environment.ProcessId)!;
        var file = new GameDayFile(Environment.ProcessId, self.StartTime, api.Url, token, options.Blind);
        file.Write(platform.Paths.Root);
        onOpen(file);
        try
        {
            await run.RunAsync(cancellationToken);
        }
        finally
        {
            GameDayFile.Delete(platform.Paths.Root);
        }

        record.Score = record.Invalid is null && record.Rounds.Count > 0 ? GameDayScore.Of(record) : null;
        record.Invalid ??= record.Rounds.Count == 0 ? "it ended before anything was broken" : null;
        using var limit = new CancellationTokenSource(ReportTime, clock);
        try
        {
            await GameDayReport.WriteAsync(record, folder.Path, limit.Token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The score is told all the same.
            progress.Report($"the report could not be written to {folder.Path}: {e.Message}");
        }

        if (options.JournalFolder is { } journal && record.Score is not null)
        {
            try
            {
                await GameDayReport.AppendToJournalAsync(record, journal, folder.Path, limit.Token);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The report has everything; a line less is no reason to fail.
                progress.Report($"no line in the journal: {e.Message}");
            }
        }

        return new GameDayOutcome(record, folder.Path, GameDayReport.Json(record));

        GameDayStatus Status() => new(
            told.Phase, record.Operator, record.Blind, startedAt, startedAt + TimeSpan.FromMinutes(plan.Minutes), options.Blind ? 0 : plan.Rounds.Count, plan.Commitment(), told.Lines, book.Acts);
    }

    private static ReportFolder CreateFolder(DrillSessionOptions session, TimeProvider clock)
    {
        try
        {
            return ReportFolder.Create(session.ReportFolder, Path.Combine(session.Platform.Home, "reports"), "gameday", clock.GetUtcNow());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The report folder cannot be made: {e.Message}", e);
        }
    }

    /// <summary>Remembers what was said, for whoever asks over the API.</summary>
    private sealed class Told(IProgress<string> progress)
    {
        private readonly Lock _gate = new();
        private readonly List<string> _lines = [];

        public GameDayPhase Phase { get; private set; }

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_gate)
                {
                    return [.. _lines];
                }
            }
        }

        public void Say(GameDayPhase phase, string text)
        {
            lock (_gate)
            {
                Phase = phase;
                _lines.Add(text);
            }

            progress.Report(text);
        }
    }

    private sealed class Telling(IProgress<string> progress) : IProgress<PlatformProgress>
    {
        public void Report(PlatformProgress value) => progress.Report(value.Process is { } process ? $"{process}: {value.Text}" : value.Text);
    }
}

/// <summary>What came of a game day.</summary>
/// <param name="Json">As in <c>gameday.json</c> of the report folder.</param>
public sealed record GameDayOutcome(GameDayRecord Record, string ReportFolder, string Json)
{
    /// <summary>0 it was played and scored, 4 it proves nothing.</summary>
    public int ExitCode => Record.Score is null ? 4 : 0;
}
