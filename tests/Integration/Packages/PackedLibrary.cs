using System.Diagnostics;
using Back2Code.IntegrationTests.Monitoring.Health;

namespace Back2Code.IntegrationTests.Packages;

/// <summary>
/// The authentication library as others get it: packed into a folder, and the sample service built against that folder. Everything that is written lies in
/// a temporary folder, the build's own output included, since the tests run from the repository's.
/// </summary>
public sealed class PackedLibrary : IAsyncLifetime
{
    /// <summary>Never one that a machine has in its package folder already.</summary>
    private static readonly string Version = $"0.1.0-test.{Guid.NewGuid():N}";

    // Nothing stays behind: neither build nodes nor a compiler server.
    private static readonly string[] Build = ["-c", "Release", "--nologo", "-v", "q", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-p:RunAnalyzers=false"];

    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-packed-").FullName;

    public string Feed => Path.Combine(_folder, "feed");

    public string Program => Path.Combine(_folder, "sample", "Back2Code.SampleService.dll");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Feed);
        foreach (var library in (string[])["Back2Code.Resilience", "Back2Code.Authentication"])
        {
            await DotnetAsync("pack", Repository.PathOf($"src/Platform/{library}"), [.. Build, "-o", Feed, $"-p:Version={Version}", $"-p:ArtifactsPath={_folder}/artifacts", "-p:RestoreLockedMode=true"]);
        }

        // A copy, so that its obj folder is not in the repository. Packages of other people come from the machine's package folder, and no feed is asked.
        var source = Path.Combine(_folder, "source");
        Directory.CreateDirectory(source);
        foreach (var file in (string[])["Back2Code.SampleService.csproj", "Directory.Build.props", "Program.cs"])
        {
            File.Copy(Repository.PathOf($"samples/Back2Code.SampleService/{file}"), Path.Combine(source, file));
        }

        await DotnetAsync("build", source,
        [
            .. Build, "-o", Path.GetDirectoryName(Program)!, $"-p:Back2CodeVersion={Version}", "-p:UseAppHost=false", "-p:NuGetAudit=false",
            $"-p:RestoreSources={Feed}", $"-p:RestorePackagesPath={_folder}/packages", $"-p:RestoreFallbackFolders={MachinePackages()}",
        ]);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private static string MachinePackages() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private static async Task DotnetAsync(string command, string project, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [command, project, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Under the test runner's host, MSBuild would take some of these for its own.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"dotnet {command} {project} ended with {process.ExitCode}:\n{await output}{await error}");
    }
}
