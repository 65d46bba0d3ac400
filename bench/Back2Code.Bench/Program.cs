using Back2Code.Bench.Platform;
using Back2Code.Bench.Proxy;
using Back2Code.Bench.Traffic;

return args switch
{
    ["platform", .. var rest] => await PlatformBench.RunAsync(rest, CancellationToken.None),
    ["proxy", .. var rest] => await ProxyBench.RunAsync(rest, CancellationToken.None),
    ["traffic", .. var rest] => await TrafficBench.RunAsync(rest, CancellationToken.None),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: ./back2code bench platform|proxy|traffic");
    return 2;
}
