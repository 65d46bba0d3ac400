using System.Runtime.ExceptionServices;
using Back2Code.Lab.Traffic.Ledger;

namespace Back2Code.Lab.Traffic;

/// <summary>
/// One run: makes the first notes, sends requests on their schedule from a thread of its own, reports each second once it is known, and sums up.
/// Stopping it early is normal: nothing more departs, what is in flight ends, and the summary covers what there was.
/// </summary>
public sealed class TrafficRun(TrafficOptions options, TimeProvider time)
{
    // A second is reported this long after its last answer at the latest.
    private static readonly TimeSpan ReportPause = TimeSpan.FromMilliseconds(50);

    private readonly string _runId = Guid.NewGuid().ToString("N");
    private int _inFlight;
    private ExceptionDispatchInfo? _defect;

    public Action<TrafficReady> OnReady { get; init; } = _ => { };

    public Action<TrafficSecond> OnSecond { get; init; } = _ => { };

    /// <summary>What went wrong without ending the run, in a sentence.</summary>
    public Action<string> OnTrouble { get; init; } = _ => { };

    /// <exception cref="TrafficException">The options are wrong, the platform takes no notes, or the ledger cannot be written.</exception>
    public async Task<TrafficSummary> RunAsync(CancellationToken stop)
    {
        if (options.Errors().ToArray() is { Length: > 0 } errors)
        {
            throw new TrafficException(string.Join(Environment.NewLine, errors));
        }

        TrafficUser[] users = [.. options.Tokens.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => new TrafficUser(t.Key, t.Value))];
        await using var ledger = LedgerWriter.Open(options.LedgerPath);
        using var gateway = new GatewayClient(options.Target, options.MaxInFlight, options.Timeout, time);
        var notes = new NoteBook(users.Length);
        var log = new WriteLog(ledger, _runId, time);
        await log.BeginAsync();
        await using var renewal = options.RenewToken is { } renew ? new TokenRenewal(users, renew, options.RenewTokensEvery, OnTrouble, time) : null;
        renewal?.Start();

        int made = 0;
        try
        {
            made = await new Preload(options, gateway, notes, log, time).RunAsync(users, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped before it began: an empty run, told as one.
        }

        OnReady(new TrafficReady(time.GetUtcNow(), _runId, users.Length, made));
        var clock = new RunClock(time);
        var summary = await DriveAsync(clock, new Journeys(clock, gateway, notes, log, users), ledger, stop);

        await log.EndAsync();
        await ledger.DisposeAsync();
        return ledger.Failure is null ? summary : throw ledger.Failure;
    }

    private async Task<TrafficSummary> DriveAsync(RunClock clock, Journeys journeys, LedgerWriter ledger, CancellationToken stop)
    {
        var book = new SecondBook(clock);
        var tally = new RunTally(options, clock, _runId);
        var (cpuBefore, cpuFromNs) = (Environment.CpuUsage.TotalTime, 0L);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var departed = DepartOnSchedule(clock, book, journeys, stopping.Token);
        while (true)
        {
            // Compiling happens during the warm-up and is not what a request costs.
            if (cpuFromNs == 0 && clock.NowNs >= options.WarmUp.TotalNanoseconds)
            {
                (cpuBefore, cpuFromNs) = (Environment.CpuUsage.TotalTime, clock.NowNs);
            }

            bool over = departed.IsCompleted && Volatile.Read(ref _inFlight) == 0;
            while (book.TryClose() is { } second)
            {
                OnSecond(tally.Add(second));
            }

            if (over)
            {
                break;
            }

            if (ledger.Failure is not null || Volatile.Read(ref _defect) is not null)
            {
                await stopping.CancelAsync();
            }

            await Task.Delay(ReportPause, time, CancellationToken.None);
        }

        await departed;
        _defect?.Throw();
        double seconds = Math.Max((clock.NowNs - cpuFromNs) / 1e9, 1e-3);
        return tally.Summarise(time.GetUtcNow(), 100 * (Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds / seconds);
    }

    /// <summary>A thread, not a task: on the pool the schedule would wait behind the very answers it must not depend on.</summary>
    private Task DepartOnSchedule(RunClock clock, SecondBook book, Journeys journeys, CancellationToken stop)
    {
        var departed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                DepartUntilOver(clock, book, journeys, stop);
                departed.SetResult();
            }
            catch (Exception e)
            {
                // A fault of the schedule is the run's fault, not the process's.
                departed.SetException(e);
            }
        })
        {
            IsBackground = true,
            Name = "traffic schedule",
        };
        thread.Start();
        return departed.Task;
    }

    private void DepartUntilOver(RunClock clock, SecondBook book, Journeys journeys, CancellationToken stop)
    {
        PreciseSleep.SharpenThisThread();
        var schedule = new ArrivalSchedule(options);
        long endNs = (long)(options.WarmUp + options.Duration).TotalNanoseconds;
        try
        {
            while (true)
            {
                var arrival = schedule.Next();
                long dueNs = Math.Min(arrival.IntendedNs, endNs);
                book.NothingBefore(dueNs);
                PreciseSleep.Until(dueNs, clock, stop);
                if (stop.IsCancellationRequested || arrival.IntendedNs >= endNs)
                {
                    return;
                }

                Depart(arrival, clock, book, journeys);
            }
        }
        finally
        {
            book.Finish(Math.Min(clock.NowNs, endNs));
        }
    }

    private void Depart(Arrival arrival, RunClock clock, SecondBook book, Journeys journeys)
    {
        book.Depart(arrival.IntendedNs);
        if (Interlocked.Increment(ref _inFlight) > options.MaxInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            book.End(new Outcome(arrival.IntendedNs, arrival.Journey, OutcomeNames.Shed, Ok: false, SentNs: null, clock.NowNs));
            return;
        }

        // Sending takes some 50 µs of processor; on the pool it does not delay the next departure.
        ThreadPool.UnsafeQueueUserWorkItem(
            static work => _ = work.run.PerformAsync(work.arrival, work.book, work.journeys), (run: this, arrival, book, journeys), preferLocal: false);
    }

    private async Task PerformAsync(Arrival arrival, SecondBook book, Journeys journeys)
    {
        try
        {
            book.End(await journeys.PerformAsync(arrival, CancellationToken.None));
        }
        catch (Exception e)
        {
            // Failures of the platform are outcomes, so this is a defect of ours: it ends the run rather than falsify its figures.
            Interlocked.CompareExchange(ref _defect, ExceptionDispatchInfo.Capture(e), null);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }
}
