using System.Diagnostics;
using System.Globalization;

namespace Back2Code.Lab.Drills;

/// <summary>
/// A child process that we talk to through pipes and that dies with us, even by SIGKILL. It is started by a thread that stays until the
/// child has ended: the kernel sends the parent-death signal when the thread that forked ends, not the process.
/// </summary>
internal sealed class PipedChild : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _exited;

    private PipedChild(Process process, Task exited)
    {
        this._process = process;
        this._exited = exited;
    }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Meaningful once it has exited.</summary>
    public int ExitCode => _process.ExitCode;

    public StreamReader Output => _process.StandardOutput;

    public StreamReader Error => _process.StandardError;

    public static async Task<PipedChild> StartAsync(
        IReadOnlyList<string> command, string input, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var setpriv = File.Exists("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"] : Array.Empty<string>();
        string[] line = [.. setpriv, .. command];
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Live(line, environment, started, exited)) { Name = $"parent of {Path.GetFileName(command[0])}", IsBackground = true }.Start();

        var process = await started.Task;
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read its input; its exit code and error output say why.
        }

        return new PipedChild(process, exited.Task);
    }

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _exited.WaitAsync(cancellationToken);

    public void Terminate() => Signal("TERM");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _exited;
        }

        _process.Dispose();
    }

    private static void Live(
        string[] line, IReadOnlyDictionary<string, string> environment, TaskCompletionSource<Process> started, TaskCompletionSource exited)
    {
        try
        {
            var start = new ProcessStartInfo(line[0], line[1..])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach (var (name, value) in environment)
            {
                start.Environment[name] = value;
            }

            var process = Process.Start(start)!;
            started.SetResult(process);
            process.WaitForExit();
            exited.SetResult();
        }
        catch (Exception e)
        {
            // Whatever keeps it from starting belongs to whoever asked for it; after that, nothing here throws.
            started.TrySetException(e);
            exited.TrySetResult();
        }
    }

    /// <summary>.NET can kill a process but not ask it to end.</summary>
    private void Signal(string signal)
    {
        if (_process.HasExited)
        {
            return;
        }

        using var kill = Process.Start(new ProcessStartInfo("/bin/kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true });
        kill?.WaitForExit(1000);
    }
}
