using System.Collections.Concurrent;
using System.Diagnostics;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>
/// Starts every child from one thread that lives as long as the lab. The kernel sends the parent-death signal when the *thread* that
/// forked ends, so a child of a pool thread would be killed whenever the pool retires it.
/// </summary>
internal sealed class Spawner : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    public Spawner()
    {
        _thread = new Thread(() =>
        {
            foreach (var action in _work.GetConsumingEnumerable())
            {
                action();
            }
        })
        {
            Name = "spawner",
            IsBackground = true,
        };
        _thread.Start();
    }

    /// <summary>Starts the command with its output appended to <paramref name="log"/>. The returned process is the command itself, not a shell.</summary>
    public Task<Process> StartAsync(
        IEnumerable<string> command, string workingDirectory, string log, IReadOnlyDictionary<string, string> environment)
    {
        // .NET can only redirect to pipes, and a child whose pipe lost its reader dies of SIGPIPE; the shell opens the file and is gone.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" </dev/null >>\"$log\" 2>&1", "sh", log, .. command])
        {
            WorkingDirectory = workingDirectory,
            UseShellExecute = false,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return started.Task;
    }

    public void Dispose()
    {
        // The thread ends, and with it whatever child is still alive: the last resort after an orderly stop.
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }
}
