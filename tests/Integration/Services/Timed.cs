using System.Diagnostics;

namespace Back2Code.IntegrationTests.Services;

internal static class Timed
{
    public static async Task<(T Result, TimeSpan Elapsed)> Async<T>(Func<Task<T>> work)
    {
        long start = Stopwatch.GetTimestamp();
        T result = await work();
        return (result, Stopwatch.GetElapsedTime(start));
    }
}
