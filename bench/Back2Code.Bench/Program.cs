using System.Runtime.Versioning;
using Back2Code.Bench.Auth;
using Back2Code.Bench.Detection;
using Back2Code.Bench.Platform;
using Back2Code.Bench.Proxy;
using Back2Code.Bench.Rules;
using Back2Code.Bench.Sli;
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
    case ["auth", .. var rest]:
        return AuthBench.Run(rest);
    case ["detection", .. var rest]:
        return await DetectionBench.RunAsync(rest, cancellation.Token);
    case ["platform", .. var rest]:
        return await PlatformBench.RunAsync(rest, cancellation.Token);
    case ["proxy", .. var rest]:
        return await ProxyBench.RunAsync(rest, cancellation.Token);
    case ["rules", .. var rest]:
        return await RulesBench.RunAsync(rest, cancellation.Token);
    case ["sli", .. var rest]:
        return SliBench.Run(rest);
    case ["traffic", .. var rest]:
        return await TrafficBench.RunAsync(rest, cancellation.Token);
    default:
        Console.Error.WriteLine("""
            Usage: ./back2code bench NAME

              auth       what a request pays for its token, seen for the first time and seen before, beside the framework's ECDSA alone
              detection  from a fault to an open incident and what the time goes into, beside the textbook setting (--rounds N, --textbook-divisor D)
              platform   time from built sources to everything ready; idle memory (PSS) of each process and in sum
              proxy      what the fault proxy adds to a request, and its throughput, beside HAProxy; how long a change of toxics takes under load
              rules      time to generate Prometheus rules from 1,000 SLOs; time a round of the shipped ones takes in a real Prometheus
              sli        what recording a request in the window behind /slo costs
              traffic    how punctual the load generator is, how fast it can be, what recording a latency costs
            """);
        return args is [] or ["--help"] ? 0 : 2;
}
