using System.Diagnostics;
using System.Text.RegularExpressions;
using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Slo;

/// <summary>The judge of rule files: Prometheus' own tool, with rules, synthetic series and expected alerts.</summary>
internal static partial class Promtool
{
    /// <summary>
    /// Runs the unit tests of rules. The rules are written beside the test as <c>rules.yaml</c>. Their groups are evaluated in the order of the file: without
    /// that the tool takes them in a random one, and what reads another group's recordings is at times one evaluation late.
    /// </summary>
    public static async Task TestAsync(string rules, string tests)
    {
        string order = string.Join(", ", GroupName().Matches(rules).Select(match => match.Groups["name"].Value));
        string folder = Directory.CreateTempSubdirectory("b2c-promtool-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "rules.yaml"), rules, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder, "test.yaml"), $"{tests}\ngroup_eval_order: [{order}]\n", TestContext.Current.CancellationToken);
            await RunAsync("check", "rules", Path.Combine(folder, "rules.yaml"));
            await RunAsync("test", "rules", Path.Combine(folder, "test.yaml"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static async Task RunAsync(params string[] arguments)
    {
        var info = new ProcessStartInfo(Programs.Find("promtool"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(info)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, $"promtool {string.Join(' ', arguments)}\n{await output}{await errors}");
    }

    [GeneratedRegex("^ *- name: (?<name>.+)$", RegexOptions.Multiline)]
    private static partial Regex GroupName();
}
