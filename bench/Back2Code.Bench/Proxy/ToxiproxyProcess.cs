using System.Diagnostics;

namespace Back2Code.Bench.Proxy;

/// <summary>The fault proxy as it runs in the lab: <c>back2code toxiproxy</c>, a process of its own, on a free port.</summary>
internal sealed class ToxiproxyProcess : IAsyncDisposable
{
    private ToxiproxyProcess(Process process, Uri address)
    {
        Process = process;
        Address = address;
    }

    public Process Process { get; }

    public Uri Address { get; }

    public static async Task<ToxiproxyProcess> StartAsync(CancellationToken cancellationToken)
    {
        // artifacts/bin/Back2Code.Bench/release/ -> artifacts/bin/Back2Code.Cli/release/
        string cli = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Back2Code.Cli", "release", "back2code.dll"));
        if (!File.Exists(cli))
        {
            throw new FileNotFoundException($"Build src/Lab/Back2Code.Cli in Release first: there is no {cli}");
        }

        var process = Process.Start(new ProcessStartInfo("dotnet", [cli, "toxiproxy", "--port", "0"]) { RedirectStandardOutput = true })!;
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("Toxiproxy API on ", StringComparison.Ordinal))
            {
                return new ToxiproxyProcess(process, new Uri(line["Toxiproxy API on ".Length..]));
            }
        }

        throw new InvalidOperationException("toxiproxy ended before it was ready");
    }

    public async ValueTask DisposeAsync()
    {
        Process.Kill();
        await Process.WaitForExitAsync();
        Process.Dispose();
    }
}
