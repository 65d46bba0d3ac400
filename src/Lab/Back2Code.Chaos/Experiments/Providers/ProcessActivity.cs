using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.Providers;

/// <summary>Runs a program to its end and gives <c>{status, stdout, stderr}</c>, always decoded as UTF-8.</summary>
internal static class ProcessActivity
{
    // Output goes into the journal; a program that never stops printing must not fill memory.
    private const int MaxOutputCharacters = 256 * 1024;

    /// <exception cref="ActivityFailedException">The program could not be started, or its time was up (it is then killed with its children).</exception>
    public static async Task<JsonNode?> RunAsync(ProcessProvider provider, IReadOnlyDictionary<string, JsonNode?> values, ActivityRules rules, CancellationToken cancellationToken)
    {
        // The reference leaves everything as written when there is nothing to fill in: then not even $$ becomes a dollar.
        var asWritten = rules.Compat && values.Count == 0;
        var path = asWritten ? provider.Path : Placeholders.FillText(provider.Path, values);
        var program = ProgramPath.Find(path) ?? throw new ActivityFailedException($"program '{path}' was not found on PATH or may not be executed");
        var timeout = Seconds.Read(Placeholders.Fill(provider.Timeout, values)) ?? rules.ProcessTimeout ?? Timeout.InfiniteTimeSpan;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);

        using var process = Start(program, asWritten ? provider.Arguments : Placeholders.Fill(provider.Arguments, values));
        try
        {
            var output = ReadBoundedAsync(process.StandardOutput, deadline.Token);
            var error = ReadBoundedAsync(process.StandardError, deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return new JsonObject { ["status"] = process.ExitCode, ["stdout"] = await output, ["stderr"] = await error };
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new ActivityFailedException($"{program} did not end within {Seconds.Text(timeout)} s (provider 'timeout') and was killed");
        }
    }

    private static Process Start(string program, JsonNode? arguments)
    {
        var start = new ProcessStartInfo
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        if (arguments is JsonValue)
        {
            start.FileName = "/bin/sh";
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add($"'{program.Replace("'", "'\\''", StringComparison.Ordinal)}' {Placeholders.AsText(arguments)}");
        }
        else
        {
            start.FileName = program;
            foreach (var argument in Flatten(arguments))
            {
                start.ArgumentList.Add(argument);
            }
        }

        try
        {
            var process = Process.Start(start) ?? throw new ActivityFailedException($"{program} could not be started");
            process.StandardInput.Close();
            return process;
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or ArgumentException)
        {
            throw new ActivityFailedException($"{program} could not be started: {e.Message}", e);
        }
    }

    private static IEnumerable<string> Flatten(JsonNode? arguments) => (arguments switch
    {
        JsonArray list => list.Select(Placeholders.AsText),
        JsonObject map => map.SelectMany(static entry => new[] { entry.Key, Placeholders.AsText(entry.Value) }),
        _ => [],
    }).Where(static text => text.Length > 0);

    /// <summary>Keeps the first part and drains the rest, so that the program does not block on a full pipe.</summary>
    private static async Task<string> ReadBoundedAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var kept = new StringBuilder();
        var buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            kept.Append(buffer, 0, Math.Min(read, MaxOutputCharacters - kept.Length));
        }

        return kept.ToString();
    }
}
