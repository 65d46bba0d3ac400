using System.Globalization;
using Back2Code.Lab.Supervision;
using Spectre.Console;

namespace Back2Code.Cli.Commands;

/// <summary>The processes as a table, once or live.</summary>
internal static class ProcessTable
{
    /// <summary>Starts the platform and redraws the table until it is asked to stop; then stops it. Interrupted while it starts, it throws.</summary>
    /// <exception cref="OperationCanceledException">It was asked to stop before everything was ready.</exception>
    public static async Task ShowWhileAsync(PlatformOptions options, CancellationToken cancellationToken)
    {
        var messages = new LastMessages();
        var start = Platform.StartAsync(options, messages, cancellationToken);
        await AnsiConsole.Live(new Text("Starting…")).AutoClear(false).StartAsync(async display =>
        {
            while (!start.IsCompleted || (start.IsCompletedSuccessfully && !cancellationToken.IsCancellationRequested))
            {
                if (await StatusAsync(options, start, cancellationToken) is { } status)
                {
                    display.UpdateTarget(new Rows(Draw(status), new Markup($"[grey]{Markup.Escape(messages.Latest)}[/]")));
                }

                var pause = Task.Delay(TimeSpan.FromMilliseconds(start.IsCompleted ? 1000 : 250), cancellationToken);
                await (start.IsCompletedSuccessfully ? Task.WhenAny(pause, (await start).ShutdownAsked) : Task.WhenAny(pause, start));
                if (start.IsCompletedSuccessfully && (await start).ShutdownAsked.IsCompleted)
                {
                    break;
                }
            }
        });

        var platform = await start;
        messages.Echo = true;
        await platform.DisposeAsync();
    }

    /// <summary>Colours are for terminals; a file or a pipe gets plain text.</summary>
    public static void Print(LabStatus status)
    {
        var console = Console.IsOutputRedirected
            ? AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(Console.Out) })
            : AnsiConsole.Console;
        console.Write(Draw(status));
    }

    private static Table Draw(LabStatus status)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumns("process", "state")
            .AddColumn(Right("pid")).AddColumn(Right("uptime")).AddColumn(Right("restarts"))
            .AddColumn(Right("CPU %")).AddColumn(Right("MiB")).AddColumn(Right("port"));
        foreach (var p in status.Processes)
        {
            table.AddRow(
                p.Name,
                $"[{ColorOf(p.State)}]{p.State.ToString().ToLowerInvariant()}[/]",
                p.Pid?.ToString(CultureInfo.InvariantCulture) ?? "–",
                p.UptimeSeconds is { } s ? Uptime(TimeSpan.FromSeconds(s)) : "–",
                p.Restarts.ToString(CultureInfo.InvariantCulture),
                p.CpuPercent?.ToString("0.0", CultureInfo.InvariantCulture) ?? "–",
                p.MemoryBytes is { } bytes ? (bytes / 1048576.0).ToString("0", CultureInfo.InvariantCulture) : "–",
                p.Port?.ToString(CultureInfo.InvariantCulture) ?? "–");
        }

        var sum = status.Processes.Sum(p => p.MemoryBytes ?? 0) / 1048576.0;
        return table.Caption($"{Markup.Escape(status.Endpoints.Gateway ?? "")}  ·  lab pid {status.LabPid}  ·  {sum:0} MiB in all");
    }

    private static async Task<LabStatus?> StatusAsync(PlatformOptions options, Task<Platform> start, CancellationToken cancellationToken)
    {
        try
        {
            if (start.IsCompletedSuccessfully)
            {
                return await (await start).Client.GetStatusAsync(cancellationToken);
            }

            using var client = await LabClient.TryConnectAsync(options.EffectiveStateDirectory, cancellationToken);
            return client is null ? null : await client.GetStatusAsync(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or LabException)
        {
            // Between two states of the lab there is nothing to show.
            return null;
        }
    }

    private static TableColumn Right(string title) => new TableColumn(title).RightAligned();

    private static string ColorOf(ProcessState state) => state switch
    {
        ProcessState.Ready => "green",
        ProcessState.Failed or ProcessState.Unready => "red",
        ProcessState.Backoff or ProcessState.Held => "yellow",
        _ => "grey",
    };

    private static string Uptime(TimeSpan t) => t.TotalHours >= 1 ? $"{(int)t.TotalHours}h{t.Minutes:00}m" : $"{t.Minutes}m{t.Seconds:00}s";

    private sealed class LastMessages : IProgress<PlatformProgress>
    {
        public string Latest { get; private set; } = "";

        /// <summary>After the table has closed, messages are lines of their own.</summary>
        public bool Echo { get; set; }

        public void Report(PlatformProgress value)
        {
            Latest = value.Process is { } process ? $"{process} {value.Text.Split('\n')[0]}" : value.Text;
            if (Echo && value.Process is null)
            {
                Console.WriteLine(value.Text);
            }
        }
    }
}
