using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Back2Code.IntegrationTests.Servers;

/// <summary>One private child process that can be killed, frozen and started again.</summary>
internal sealed class ServerProcess(ServerHome home, string[] command, IReadOnlyDictionary<string, string> environment) : IAsyncDisposable
{
    private const int SigKill = 9;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private Process? _process;

    public int Id => _process?.Id ?? throw new InvalidOperationException("The server is not running.");

    public bool HasExited => _process is null || _process.HasExited;

    public async Task StartAsync()
    {
        // `sh` opens the log and is then replaced: a pipe to the tests would fill up, or break when they end.
        string[] words = [.. ServerHome.ExecPrefix, .. command];
        var info = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
        info.ArgumentList.Add("-c");
        info.ArgumentList.Add($"exec {string.Join(' ', words.Select(Quote))} >>{Quote(home.LogFile)} 2>&1 </dev/null");
        info.Environment.Clear();
        info.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        info.Environment["LANG"] = "C.UTF-8";
        info.Environment["LC_ALL"] = "C.UTF-8";
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        _process = await Spawner.StartAsync(info);
    }

    /// <summary>Waits until the probe answers true; a process that exits before is an error with the end of its log.</summary>
    public async Task WaitUntilReadyAsync(Func<CancellationToken, Task<bool>> probe, TimeSpan bound, TimeSpan interval)
    {
        using var limit = new CancellationTokenSource(bound);
        using var timer = new PeriodicTimer(interval);
        while (true)
        {
            if (HasExited || limit.IsCancellationRequested)
            {
                throw new InvalidOperationException($"{command[0]} {(HasExited ? "exited" : $"was not ready in {bound}")}:\n{LogTail()}");
            }

            try
            {
                if (await probe(limit.Token))
                {
                    return;
                }
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or OperationCanceledException)
            {
                // Not yet.
            }

            await timer.WaitForNextTickAsync();
        }
    }

    public async Task KillAsync()
    {
        if (_process is null)
        {
            return;
        }

        // A busy PostgreSQL backend survives its postmaster and blocks the next start, so the children go too.
        int[] tree = [.. Tree(_process.Id)];
        foreach (int pid in tree)
        {
            _ = Kill(pid, SigKill);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public void Freeze() => SignalTree(SigStop);

    public void Thaw() => SignalTree(SigCont);

    public async ValueTask DisposeAsync() => await KillAsync();

    private void SignalTree(int signal)
    {
        foreach (int pid in Tree(Id))
        {
            _ = Kill(pid, signal);
        }
    }

    private static IEnumerable<int> Tree(int pid)
    {
        yield return pid;
        string children = "";
        try
        {
            children = File.ReadAllText($"/proc/{pid}/task/{pid}/children");
        }
        catch (IOException)
        {
            // It has just exited, and so has no children.
        }

        foreach (string child in children.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            foreach (int descendant in Tree(int.Parse(child, System.Globalization.CultureInfo.InvariantCulture)))
            {
                yield return descendant;
            }
        }
    }

    private string LogTail() => File.Exists(home.LogFile) ? string.Join('\n', File.ReadLines(home.LogFile).TakeLast(5)) : "(no log)";

    private static string Quote(string word) => "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Kill(int pid, int signal);
}
