using Back2Code.Bench.Traffic;

return args switch
{
    ["traffic", .. var rest] => await TrafficBench.RunAsync(rest, CancellationToken.None),
    _ => 2,
};
