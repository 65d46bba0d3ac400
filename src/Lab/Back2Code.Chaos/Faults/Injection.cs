using Back2Code.Chaos.Faults.Processes;

namespace Back2Code.Chaos.Faults;

/// <summary>The order that every fault keeps: undo record, act, watch; and undo when anything goes wrong in between.</summary>
internal static class Injection
{
    // What an injector may be late by before others take its fault for abandoned.
    private static readonly TimeSpan LeaseGrace = TimeSpan.FromSeconds(30);

    /// <summary>What a fault gets that nobody gave an end.</summary>
    public static readonly TimeSpan LeaseWithoutEnd = TimeSpan.FromMinutes(30);

    // Several replicas restarted one after the other and watched, on a busy machine. An injector that dies meanwhile loses its fault at once, lease or not.
    private static readonly TimeSpan LongestAct = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan UndoLimit = TimeSpan.FromSeconds(10);

    /// <param name="stands">How long the fault is meant to stand; null when nobody said.</param>
    /// <param name="steps">How to undo it, known in full before acting.</param>
    /// <param name="act">Acts and watches; one piece of evidence for each target.</param>
    /// <param name="sumUp">What the fault did in total, asked just before it is undone.</param>
    /// <param name="standing">What holds the fault up from inside this process, such as a loop; let go before anything is undone, whoever undoes it.</param>
    public static async Task<InjectedFault> RunAsync(
        IFault fault,
        FaultContext context,
        TimeSpan? stands,
        IReadOnlyList<UndoStep> steps,
        Func<CancellationToken, Task<IReadOnlyList<Evidence>>> act,
        Func<CancellationToken, Task<IReadOnlyList<string>>>? sumUp,
        CancellationToken cancellationToken,
        IAsyncDisposable? standing = null)
    {
        if (context.FaultId.Length is 0 or > 64 || !context.FaultId.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw new FaultException($"'{context.FaultId}' cannot name a fault: it becomes a file name, so letters, digits and dashes only, 64 at most.");
        }

        var platform = context.Platform;
        var now = platform.Time.GetUtcNow();
        var owner = LinuxProcess.Find(Environment.ProcessId)!;
        var record = new UndoRecord
        {
            FaultId = context.FaultId,
            Type = fault.Type,
            Target = context.Target,
            Parameters = context.Parameters,
            WrittenAt = now,
            ExpiresAt = LeaseFrom(now + LongestAct),
            OwnerPid = owner.Pid,
            OwnerStartTicks = owner.StartTicks,
            BootId = FaultJournal.BootId,
            HeldUp = true,
            Steps = steps,
        };
        string path = await RegisterAsync(platform.FaultsDirectory, record, cancellationToken);
        var end = new ForeignEnd(path, record.ExpiresAt, standing, platform.Time, cancellationToken);
        var injectedAt = platform.Time.GetUtcNow();
        try
        {
            var evidence = await act(end.Acting);
            var receipt = new Receipt(
                context.FaultId,
                fault.Type,
                context.Target,
                injectedAt,
                platform.Time.GetUtcNow(),
                [.. evidence.Select(e => e.Line)],
                evidence.Count > 0 && evidence.All(e => e.Observed));
            await StandAsync();
            return new InjectedFault(receipt, path, record.ExpiresAt, UndoAsync);
        }
        catch (Exception injection)
        {
            // Also when the drill was cancelled: the platform must not stay broken. What cannot be undone now is in the record.
            using var limit = new CancellationTokenSource(UndoLimit, platform.Time);
            bool endedByAnother = end.HasCome && !cancellationToken.IsCancellationRequested;
            try
            {
                await end.DisposeAsync();
                await FaultJournal.UndoAsync(platform, record, path, limit.Token);
            }
            catch (Exception undo)
            {
                // Abandoned from now on, though its owner lives: whoever sweeps next goes on with it.
                await FaultJournal.WriteAsync(platform.FaultsDirectory, record with { ExpiresAt = platform.Time.GetUtcNow(), HeldUp = false }, CancellationToken.None);
                throw new FaultException($"{injection.Message} {undo.Message}", injection);
            }

            if (endedByAnother)
            {
                throw new FaultException($"{fault.Type} on {context.Target} was ended by somebody else while it was being injected; nothing of it stands.", injection);
            }

            throw;
        }

        DateTimeOffset LeaseFrom(DateTimeOffset time) => time + (stands ?? LeaseWithoutEnd) + LeaseGrace;

        async Task StandAsync()
        {
            if (end.HasCome)
            {
                throw new FaultException("Its end came before it stood.");
            }

            // The time that it is to stand begins when it stands, however long that took.
            record = record with { HeldUp = standing is not null, ExpiresAt = LeaseFrom(platform.Time.GetUtcNow()) };
            end.Extend(record.ExpiresAt);
            await FaultJournal.WriteAsync(platform.FaultsDirectory, record, cancellationToken);
            end.Stand();
        }

        async Task<UndoReceipt> UndoAsync(CancellationToken undoCancellation)
        {
            List<string> lines = [];
            await end.DisposeAsync();
            if (sumUp is not null)
            {
                lines.AddRange(await sumUp(undoCancellation));
            }

            // What somebody else has undone is not undone again: another fault may have changed the same thing since.
            lines.AddRange(File.Exists(path) ? await FaultJournal.UndoAsync(platform, record, path, undoCancellation) : ["was undone by somebody else"]);
            return new UndoReceipt(context.FaultId, platform.Time.GetUtcNow(), lines);
        }
    }

    /// <summary>
    /// Writes the record, unless another fault owns what this one would change. Asked again when the record is there: of two that come at the same time from two
    /// processes, each sees the other then, and neither acts.
    /// </summary>
    private static async Task<string> RegisterAsync(string directory, UndoRecord record, CancellationToken cancellationToken)
    {
        await FaultJournal.RefuseWhatIsOwnedAsync(directory, record, cancellationToken);
        string path = await FaultJournal.WriteAsync(directory, record, cancellationToken);
        try
        {
            await FaultJournal.RefuseWhatIsOwnedAsync(directory, record, cancellationToken);
            return path;
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }
}
