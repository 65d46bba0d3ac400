namespace Back2Code.Chaos.Faults.Services.Dotnet;

/// <summary>A .NET process that runs out of something: memory, threads, processor time.</summary>
internal static class ResourceFaults
{
    public static ServiceFault MemoryLeak { get; } = new()
    {
        Type = "dotnet.memory-leak",
        Family = "dotnet",
        Summary = "Has a service keep so much more memory each second, up to a limit; it lets go of it when the fault ends.",
        Symptom = "Resident memory rises in a straight line; collections take longer and longer; without an end the process is killed. MemoryGrowing tells before.",
        Receipt = "The service has counted 5 MiB, or all of a lower limit, that it holds; its resident memory is told.",
        Example = new("notes-1", ("rate", "10"), ("limit", "50")),
        Parameters =
        [
            new NumberParameter("rate", "MiB a second.", 1, 500, Required: true),
            new NumberParameter("limit", "MiB at most.", 1, 2_048, Required: true),
        ],
        Kind = "memory-leak",
        Order = s => new Dictionary<string, object> { ["rate"] = s.Number("rate"), ["limit"] = s.Number("limit") },
        Proof = (r, s) => r.Struck >= Math.Min(5, s.Number("limit")) ? $"{r["heldBytes"] / (1 << 20):0} MiB are held, {r["residentBytes"] / (1 << 20):0} MiB resident" : null,
    };

    public static ServiceFault GcPressure { get; } = new()
    {
        Type = "dotnet.gc-pressure",
        Family = "dotnet",
        Summary = "Has a service make garbage at a high rate and collect all of its memory again and again.",
        Symptom = "Response times have a comb of spikes as long as a full collection; processor time rises, memory does not.",
        Receipt = "The runtime has counted three full collections, and how long they paused it.",
        Example = new("notes-1", ("rate", "100")),
        Parameters =
        [
            new NumberParameter("rate", "MiB of garbage a second.", 1, 4_096, Required: true),
            new DurationParameter("interval", "From one full collection to the next; 200 ms when left out.", TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(5)),
        ],
        Kind = "gc-pressure",
        Order = s => new Dictionary<string, object> { ["rate"] = s.Number("rate"), ["delayMs"] = (s.Duration("interval") ?? TimeSpan.FromMilliseconds(200)).TotalMilliseconds },
        Proof = (r, _) => r["fullCollections"] >= 3 ? $"{r["fullCollections"]:0} full collections have paused it for {r["pausedSeconds"] * 1000:0} ms in all" : null,
    };

    public static ServiceFault Cpu { get; } = new()
    {
        Type = "dotnet.cpu",
        Family = "dotnet",
        Summary = "Has a service compute on threads of its own, and nothing comes of it.",
        Symptom = "Processor time of one process goes up by so many cores; everything on the machine gets slower when there are none left.",
        Receipt = "The service has measured 0.2 s of processor time of the fault's threads.",
        Example = new("notes-1", ("threads", "1"), ("share", "0.5")),
        Parameters =
        [
            new NumberParameter("threads", "How many threads.", 1, 64, Required: true),
            new RatioParameter("share", "The share of the time that each computes; all of it when left out."),
        ],
        Kind = "cpu",
        Order = s => new Dictionary<string, object> { ["threads"] = s.Number("threads"), ["ratio"] = s.Ratio("share", 1) },
        Proof = (r, _) => r["processorSeconds"] >= 0.2 ? $"it used {r["processorSeconds"]:0.00} s of processor time in {r["elapsedSeconds"]:0.00} s" : null,
    };

    public static ServiceFault ThreadStarvation { get; } = new()
    {
        Type = "dotnet.thread-starvation",
        Family = "dotnet",
        Summary = "Fills the thread pool of a service with work that blocks its threads, as code does that waits for asynchronous calls without giving the thread back.",
        Symptom = "Everything in the process gets slow at once, health checks and metrics included, and the processor idles; the pool's queue is long and its threads grow by one or two a second.",
        Receipt = "A piece of work has waited 50 ms for a thread of the pool.",
        Example = new("notes-1", ("blockers", "200")),
        Parameters =
        [
            new NumberParameter("blockers", "Pieces of work that block, each coming back as soon as it is done.", 1, 2_000, Required: true),
            new DurationParameter("block", "How long each keeps its thread; 100 ms when left out.", TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1)),
        ],
        Kind = "thread-starvation",
        Order = s => new Dictionary<string, object> { ["threads"] = s.Number("blockers"), ["delayMs"] = (s.Duration("block") ?? TimeSpan.FromMilliseconds(100)).TotalMilliseconds },
        Proof = (r, _) => r["longestQueueWaitMs"] >= 50 ? $"work has waited {r["longestQueueWaitMs"]:0} ms for one of {r["poolThreads"]:0} threads" : null,
    };

    public static ServiceFault LockConvoy { get; } = new()
    {
        Type = "dotnet.lock-convoy",
        Family = "dotnet",
        Summary = "Has every request of a service pass one lock that each holder keeps for a while.",
        Symptom = "Throughput ends at one request for each hold, whatever the load; the processor idles and threads wait for a lock.",
        Receipt = "The service has counted requests that held the lock, and how many waited for it at once.",
        Example = new("notes-1", ("hold", "50ms")),
        Parameters = [new DurationParameter("hold", "How long each request keeps the lock.", TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1), Required: true)],
        Kind = "lock-convoy",
        Order = s => new Dictionary<string, object> { ["delayMs"] = s.Duration("hold")!.Value.TotalMilliseconds },
        Proof = (r, _) => r.Struck > 1 ? $"{r.Struck} requests held the lock, up to {r["mostWaitingThreads"]:0} waited for it at once" : null,
    };
}
