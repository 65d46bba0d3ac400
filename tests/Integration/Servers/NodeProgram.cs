using System.ComponentModel;
using System.Diagnostics;

namespace Back2Code.IntegrationTests.Servers;

/// <summary>
/// A program for Node.js with packages that others published, from the npm registry that this machine's npm is set up for. Without Node.js or a registry the
/// test is skipped, except on the build machine, which has both.
/// </summary>
internal sealed class NodeProgram : IDisposable
{
    private readonly string _folder;

    private NodeProgram(string folder) => _folder = folder;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="file">The program, below the folder of the tests.</param>
    /// <param name="packages">With their versions.</param>
    public static async Task<NodeProgram> InstallAsync(string file, params string[] packages)
    {
        NodeProgram program = new(Directory.CreateTempSubdirectory("b2c-npm-").FullName);
        File.Copy(Path.Combine(AppContext.BaseDirectory, file), Path.Combine(program._folder, "test.mjs"));
        if (await program.WhyNotInstalledAsync(packages) is { } reason)
        {
            program.Dispose();
            if (Environment.GetEnvironmentVariable("CI") == "true")
            {
                Assert.Fail(reason);
            }

            Assert.Skip(reason);
        }

        return program;
    }

    /// <summary>Runs it to its end.</summary>
    public Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments) => RunAsync("node", ["test.mjs", .. arguments]);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string?> WhyNotInstalledAsync(string[] packages)
    {
        try
        {
            var (exitCode, _, errors) = await RunAsync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", .. packages]);
            return exitCode == 0 ? null : $"npm cannot install {string.Join(", ", packages)}: {errors}";
        }
        catch (Win32Exception e)
        {
            return $"npm is not installed: {e.Message}";
        }
    }

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            process.Kill(entireProcessTree: true);
            return (-1, "", "no end after two minutes");
        }
    }
}
