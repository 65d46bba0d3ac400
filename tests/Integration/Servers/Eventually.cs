using System.Diagnostics;

namespace Back2Code.IntegrationTests.Servers;

/// <summary>Waits for a condition with a bound, instead of sleeping and hoping.</summary>
internal static class Eventually
{
    public static Task IsTrueAsync(Func<bool> condition, TimeSpan bound, string what) =>
        IsTrueAsync(() => Task.FromResult(condition()), bound, what);

    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> IsTrueAsync(Func<Task<bool>> condition, TimeSpan bound, string what)
    {
        long start = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < bound, $"Not within {bound}: {what}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        return Stopwatch.GetElapsedTime(start);
    }
}
