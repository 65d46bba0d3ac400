using System.Diagnostics;
using System.Text;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary>Runs <c>rabbitmqctl</c> against a broker that this machine runs.</summary>
public static class RabbitMqCtl
{
    // Not the wrapper in /usr/sbin, which changes user.
    private const string Program = "/usr/lib/rabbitmq/bin/rabbitmqctl";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs one command. It starts a runtime of its own, which takes a second or two.</summary>
    /// <param name="brokerPid">The broker; its own environment says how to reach it, and where the cookie is that lets us in.</param>
    /// <exception cref="FaultException">It cannot be run, or failed; the message holds its words.</exception>
    public static async Task<string> RunAsync(int brokerPid, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        // It dies with us: what a dead injector had ordered must not happen after it was undone.
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "KILL", "--", Program, "--quiet", "--timeout", "50", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        foreach (var (name, value) in await ReadEnvironmentAsync(brokerPid, cancellationToken))
        {
            start.Environment[name] = value;
        }

        // Like the broker's own, its end of the conversation listens nowhere but here.
        start.Environment["RABBITMQ_CTL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}";
        return await RunAsync(start, arguments, cancellationToken);
    }

    private static async Task<string> RunAsync(ProcessStartInfo start, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        using var process = await StartAsync(start);
        try
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var complaint = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0
                ? (await output).Trim()
                : throw new FaultException($"rabbitmqctl {arguments[0]} failed: {FirstLines($"{await complaint}\n{await output}")}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FaultException($"rabbitmqctl {arguments[0]} did not end within {Patience.TotalSeconds:0} s");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>The kernel sends that signal when the thread ends that started the child, so the child has a thread of its own that waits for its end.</summary>
    private static Task<Process> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                var process = Process.Start(start)!;
                using var exit = Process.GetProcessById(process.Id);
                started.SetResult(process);
                exit.WaitForExit();
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or ArgumentException or InvalidOperationException)
            {
                started.TrySetException(new FaultException($"{Program} cannot be run: {e.Message}", e));
            }
        })
        {
            IsBackground = true,
            Name = "rabbitmqctl",
        }.Start();
        return started.Task;
    }

    private static async Task<IEnumerable<(string Name, string Value)>> ReadEnvironmentAsync(int pid, CancellationToken cancellationToken)
    {
        try
        {
            var all = Encoding.UTF8.GetString(await File.ReadAllBytesAsync($"/proc/{pid}/environ", cancellationToken)).Split('\0', StringSplitOptions.RemoveEmptyEntries);

            // What the start script of the broker added for its own runtime is not meant for another one.
            return all.Select(line => line.Split('=', 2))
                .Where(pair => pair.Length == 2 && (pair[0] is "HOME" or "PATH" or "LANG" or "LC_ALL" or "RABBITMQ_NODENAME" or "RABBITMQ_CONF_ENV_FILE" or "RABBITMQ_USE_LONGNAME"
                    || pair[0].StartsWith("ERL_EPMD_", StringComparison.Ordinal)))
                .Select(pair => (pair[0], pair[1]));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FaultException($"The broker (pid {pid}) cannot be asked for its environment: {e.Message}", e);
        }
    }

    private static string FirstLines(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(4));
}
