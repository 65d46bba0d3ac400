using Back2Code.Lab.Drills;

namespace Back2Code.Lab.GameDays;

/// <summary>A platform on which every process is ready and no alert fires.</summary>
internal static class PlatformCalm
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <returns>What is in the way after a minute; null when the platform is calm.</returns>
    public static async Task<string?> AwaitAsync(IDrillPlatform platform, TimeProvider clock, CancellationToken cancellationToken)
    {
        var deadline = clock.GetUtcNow() + Patience;
        while (true)
        {
            string? obstacle;
            try
            {
                var unready = await platform.ListUnreadyAsync(cancellationToken);
                var firing = await platform.ListFiringAsync(cancellationToken);
                obstacle = unready.Count > 0 ? $"not ready: {string.Join(", ", unready)}" : firing.Count > 0 ? $"firing: {string.Join(", ", firing)}" : null;
            }
            catch (Exception e) when (IsNoAnswer(e, cancellationToken))
            {
                obstacle = e.Message;
            }

            if (obstacle is null || clock.GetUtcNow() >= deadline)
            {
                return obstacle;
            }

            await Task.Delay(Poll, clock, cancellationToken);
        }
    }

    /// <summary>A client's own time-out looks like a cancellation that nobody asked for.</summary>
    public static bool IsNoAnswer(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or System.Text.Json.JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
