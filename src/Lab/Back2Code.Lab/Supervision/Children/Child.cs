using System.Diagnostics;
using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>One start of a process, with whatever it starts itself.</summary>
internal sealed class Child(Process process, long startTime, DateTimeOffset startedAt) : IDisposable
{
    public int Pid { get; } = process.Id;

    /// <summary>Tells it from a later process with the same id.</summary>
    public long StartTime => startTime;

    public DateTimeOffset StartedAt => startedAt;

    public Task Exited { get; } = process.WaitForExitAsync(CancellationToken.None);

    /// <summary>Asks it to stop, waits as long as its policy says, then kills it and whatever it left behind.</summary>
    public async Task EndAsync(StopSpec stop, CancellationToken hurry)
    {
        if (!hurry.IsCancellationRequested && Posix.Signal(Pid, StartTime, stop.Signal))
        {
            // A frozen process takes its signal only once it goes on.
            Posix.Signal(Pid, StartTime, Signals.Continue);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(hurry);
            limit.CancelAfter(stop.Timeout);
            await Exited.WaitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!Exited.IsCompleted)
        {
            KillTree();
        }
    }

    public void KillTree()
    {
        // The tree is read first: children of a killed parent are adopted by init and could no longer be found. The parent goes
        // first all the same, or it would start new ones (a busy PostgreSQL backend outlives its postmaster).
        var tree = ProcFs.Tree(Pid, ProcFs.ByParent()).ToList();
        Posix.Signal(Pid, StartTime, Signals.Kill);
        foreach (var descendant in tree)
        {
            Posix.Signal(descendant.Pid, descendant.StartTime, Signals.Kill);
        }
    }

    public string HowItEnded() =>
        process.ExitCode is > 128 and < 160 ? $"was ended by {Signals.NameOf(process.ExitCode - 128)}" : $"exited with code {process.ExitCode}";

    public void Dispose() => process.Dispose();
}
