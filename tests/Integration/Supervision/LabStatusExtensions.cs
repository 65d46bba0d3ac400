using Back2Code.IntegrationTests.Servers;
using Back2Code.Lab.Supervision;

namespace Back2Code.IntegrationTests.Supervision;

internal static class LabStatusExtensions
{
    public static ProcessStatus Of(this LabStatus status, string name) => status.Processes.Single(p => p.Name == name);

    public static async Task<ProcessStatus> StatusOfAsync(this Platform platform, string name) =>
        (await platform.Client.GetStatusAsync(TestContext.Current.CancellationToken)).Of(name);

    public static async Task<ProcessStatus> WaitForAsync(this Platform platform, string name, Func<ProcessStatus, bool> condition, string what, double seconds = 15)
    {
        ProcessStatus? last = null;
        await Eventually.IsTrueAsync(
            async () => condition(last = await platform.StatusOfAsync(name)), TimeSpan.FromSeconds(seconds), $"{name} {what}; it is {last}");
        return last!;
    }
}
