using Microsoft.Extensions.Logging;

namespace Back2Code.Resilience;

/// <summary><c>log-flood</c>: so many lines a second that say nothing.</summary>
internal sealed partial class LogFlood(string id, DateTimeOffset endsAt, double linesPerSecond, ILogger logger, TimeProvider time) : Disturbance("log-flood", id, endsAt)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Latch _over = new();

    public override void Begin() => new Thread(Write) { IsBackground = true, Name = "chaos log-flood" }.Start();

    public override void End() => _over.Open();

    private void Write()
    {
        var start = time.GetTimestamp();
        while (!_over.Wait(Interval))
        {
            for (var due = linesPerSecond * time.GetElapsedTime(start).TotalSeconds; Seen < due && !_over.IsOpen;)
            {
                CountSeen();
                CountStruck();
                Log.Line(logger, Id, Seen);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2114, LogLevel.Warning, "Fault {FaultId} writes line {Number}, which says nothing", EventName = "LogFlood")]
        public static partial void Line(ILogger logger, string faultId, long number);
    }
}
