namespace Back2Code.Chaos.Faults.Servers;

/// <summary>Looks at a server until something shows, or patience ends.</summary>
internal static class Watch
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <returns>The last look, whether it shows it or not, and how long the looking took.</returns>
    public static async Task<(T Value, TimeSpan Elapsed)> UntilAsync<T>(
        IFaultTarget platform, TimeSpan patience, Func<CancellationToken, Task<T>> look, Func<T, bool> shows, CancellationToken cancellationToken)
    {
        var start = platform.Time.GetTimestamp();
        while (true)
        {
            var value = await look(cancellationToken);
            var elapsed = platform.Time.GetElapsedTime(start);
            if (shows(value) || elapsed >= patience)
            {
                return (value, elapsed);
            }

            await Task.Delay(Interval, platform.Time, cancellationToken);
        }
    }
}
