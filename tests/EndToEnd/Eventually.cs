namespace Back2Code.EndToEndTests;

/// <summary>Waits for a condition with a bound, in place of sleeping and hoping.</summary>
internal static class Eventually
{
    public static async Task HoldsAsync(Func<bool> condition, TimeSpan limit, Func<string> failure, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var deadline = TimeProvider.System.GetTimestamp() + (long)(limit.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (!condition())
        {
            if (TimeProvider.System.GetTimestamp() > deadline)
            {
                Assert.Fail($"Not within {limit}: {failure()}");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
