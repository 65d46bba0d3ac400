using System.Runtime.Versioning;
using Back2Code.Bench.Platform;
using Back2Code.Bench.Proxy;
using Back2Code.Bench.Traffic;

[assembly: SupportedOSPlatform("linux")]

using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    cancellation.Cancel();
};

switch (args)
{
    case ["platform", .. var rest]:
        return await PlatformBench.RunAsync(rest, cancellation.Token);
    case ["proxy", .. var rest]:
        return await ProxyBench.RunAsync(rest, cancellation.Token);
    case ["traffic", .. var rest]:
        return await TrafficBench.RunAsync(rest, cancellation.Token);
    default:
        Console.Error.WriteLine("""
            Usage: ./back2code bench NAME

              platform   time from built sources to everything ready; idle memory (PSS) of each process and in sum
              proxy      what the fault proxy adds to a request, and its throughput, beside a direct connection
              traffic    how punctual the load generator is, how fast it can be, what recording a latency costs
            """);
        return args is [] or ["--help"] ? 0 : 2;
}
