using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Cli.Commands;

/// <summary>Traffic told to a script: one JSON object a line, flushed at once.</summary>
internal class TrafficReport
{
    public virtual void Ready(TrafficReady ready) => Write(ready, TrafficJson.Default.TrafficReady);

    public virtual void Second(TrafficSecond second) => Write(second, TrafficJson.Default.TrafficSecond);

    public virtual void Summary(TrafficSummary summary) => Write(summary, TrafficJson.Default.TrafficSummary);

    public virtual void Progress(VerificationProgress progress) => Write(progress, TrafficJson.Default.VerificationProgress);

    public virtual void Verdict(LedgerVerdict verdict) => Write(verdict, TrafficJson.Default.LedgerVerdict);

    private static void Write<T>(T document, JsonTypeInfo<T> type) => Console.Out.WriteLine(JsonSerializer.Serialize(document, type));
}
