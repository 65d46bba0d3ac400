using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Back2Code.EndToEndTests;

/// <summary>A <c>back2code</c> command as a user would run it: a process of its own, its output collected, ended with the test.</summary>
internal sealed partial class RunningCommand : IAsyncDisposable
{
    private const int SigKill = 9;
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly string _commandLine;

    private RunningCommand(Process process, string commandLine)
    {
        _process = process;
        _commandLine = commandLine;
    }

    public int Pid => _process.Id;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    public static RunningCommand Start(params string[] arguments) => StartIn(Repository.Root, Repository.Launcher, arguments);

    /// <summary>With a terminal of 110 × 40 characters of its own: script(1) gives it one, and passes on what is typed and the exit code.</summary>
    public static RunningCommand StartInTerminal(params string[] arguments)
    {
        var line = string.Join(' ', arguments.Prepend(Repository.Launcher).Select(a => $"'{a.Replace("'", "'\\''", StringComparison.Ordinal)}'"));
        return StartIn(
            Repository.Root,
            "/usr/bin/script",
            ["--quiet", "--flush", "--return", "--echo", "never", "--command", $"stty cols 110 rows 40; exec {line}", "/dev/null"],
            new Dictionary<string, string?> { ["TERM"] = "xterm-256color" },
            keepInput: true);
    }

    public static RunningCommand StartIn(string folder, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, bool keepInput = false)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        var command = new RunningCommand(new Process { StartInfo = start }, $"{program} {string.Join(' ', start.ArgumentList)}");
        command._process.OutputDataReceived += (_, line) => Append(command._output, line.Data);
        command._process.ErrorDataReceived += (_, line) => Append(command._errors, line.Data);
        command._process.Start();
        if (!keepInput)
        {
            command._process.StandardInput.Close();
        }

        command._process.BeginOutputReadLine();
        command._process.BeginErrorReadLine();
        return command;
    }

    /// <summary>Waits for the end and returns the exit code; a command that outlives <paramref name="limit"/> fails the test with its output.</summary>
    public async Task<int> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var expiry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        expiry.CancelAfter(limit);
        try
        {
            await _process.WaitForExitAsync(expiry.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"`{_commandLine}` was still running after {limit}.\n{this}");
        }
    }

    /// <summary>Waits until a line of either stream contains <paramref name="text"/>.</summary>
    public async Task WaitForTextAsync(string text, TimeSpan limit, CancellationToken cancellationToken)
    {
        await Eventually.HoldsAsync(
            () => Output.Contains(text, StringComparison.OrdinalIgnoreCase) || Errors.Contains(text, StringComparison.OrdinalIgnoreCase) || _process.HasExited,
            limit, () => $"`{_commandLine}` did not print \"{text}\".\n{this}", cancellationToken);
        Assert.False(
            _process.HasExited && !Output.Contains(text, StringComparison.OrdinalIgnoreCase) && !Errors.Contains(text, StringComparison.OrdinalIgnoreCase),
            $"`{_commandLine}` ended without printing \"{text}\".\n{this}");
    }

    /// <summary>What a person types; Ctrl-C is the character 3, which the terminal turns into SIGINT.</summary>
    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    public void Signal(PosixSignalNumber signal) => _ = Kill(_process.Id, (int)signal);

    public override string ToString() => $"--- stdout\n{Output}\n--- stderr\n{Errors}";

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // First politely, so that the command takes its own children with it.
            Signal(PosixSignalNumber.Terminate);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _ = Kill(_process.Id, SigKill);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        _process.Dispose();
    }

    private static void Append(StringBuilder target, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (target)
        {
            target.AppendLine(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}

/// <summary>The signals that the tests send, by their Linux numbers.</summary>
internal enum PosixSignalNumber
{
    Interrupt = 2,
    Kill = 9,
    Terminate = 15,
}
