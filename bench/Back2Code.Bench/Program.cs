return await Back2Code.Bench.Traffic.TrafficBench.RunAsync(args, default);
