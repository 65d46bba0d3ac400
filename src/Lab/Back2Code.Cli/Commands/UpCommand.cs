using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Back2Code.Lab.Supervision;
using Spectre.Console;

namespace Back2Code.Cli.Commands;

/// <summary>Starts the platform, in the foreground or as a process of its own.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var state = LabOptions.State();
        var portBase = LabOptions.PortBase();
        var timeScale = LabOptions.TimeScale();
        var detach = new Option<bool>("--detach") { Description = "Return when everything is ready; the platform runs on until `back2code down`." };
        var command = new Command("up", """
            Start the whole platform and keep it running. Ctrl-C stops everything in under 10 s.

            Examples:
              back2code up
              back2code up --detach
              back2code up --state /tmp/second --port-base 19000
            """)
        {
            state, portBase, timeScale, detach,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var options = LabOptions.Read(parsed, state, portBase, timeScale);
            return parsed.GetValue(detach) ? DetachAsync(options, cancellationToken) : RunAsync(options, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(PlatformOptions options, CancellationToken cancellationToken)
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // A closed terminal is a wish to stop, as Ctrl-C is.
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            closing.Cancel();
        });

        // Interrupted before it is ready, what has started is stopped and the command ends with 130: `up && …` must not go on.
        if (AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected)
        {
            await ProcessTable.ShowWhileAsync(options, closing.Token);
        }
        else
        {
            await using var platform = await Platform.StartAsync(options, new PlainProgress(Console.Out), closing.Token);
            // It is ready: to be asked to stop is its ordinary end from here on.
            var status = await platform.Client.GetStatusAsync(CancellationToken.None);
            Console.WriteLine($"The platform runs: {status.Endpoints.Gateway} · Prometheus {status.Endpoints.Prometheus} · stop with Ctrl-C");
            await platform.ShutdownAsked.WaitAsync(closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return 0;
    }

    private static async Task<int> DetachAsync(PlatformOptions options, CancellationToken cancellationToken)
    {
        if (await LabClient.TryConnectAsync(options.EffectiveStateDirectory, cancellationToken) is { } running)
        {
            using (running)
            {
                var there = await running.GetStatusAsync(cancellationToken);
                throw new LabException($"A platform already runs on {there.StateDirectory} (pid {there.LabPid}, ports from {there.PortBase}). Stop it with `back2code down`, or start another with --state DIR --port-base N.");
            }
        }

        var log = DetachedLab.LogOf(options);
        using var lab = DetachedLab.Start(options, log);
        var began = Stopwatch.GetTimestamp();
        var exited = lab.WaitForExitAsync(cancellationToken);
        while (!exited.IsCompleted)
        {
            if (await LabClient.TryConnectAsync(options.EffectiveStateDirectory, cancellationToken) is { } client)
            {
                using (client)
                {
                    var ready = client.WaitUntilReadyAsync(options.StartTimeout, new PlainProgress(Console.Out), cancellationToken);
                    if (await Task.WhenAny(ready, exited) == ready && ready.IsCompletedSuccessfully)
                    {
                        var status = await ready;
                        Console.WriteLine($"The platform runs after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s (pid {status.LabPid}): {status.Endpoints.Gateway} · stop with `back2code down`");
                        return 0;
                    }
                }
            }

            await Task.WhenAny(exited, Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }

        // Its last words say why, and are all that the person here wants to read.
        await Console.Error.WriteLineAsync(DetachedLab.LastWords(log));
        return lab.ExitCode == 0 ? 1 : lab.ExitCode;
    }
}
