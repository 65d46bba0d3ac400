using System.Diagnostics;
using System.Globalization;
using Back2Code.Slo;
using Back2Code.Slo.Rules;

namespace Back2Code.Bench.Rules;

/// <summary>
/// What rules cost: the time to make those of 1,000 SLOs from their files, and the time a real Prometheus takes for one round of the shipped ones, with
/// a whole budget period of history to sum over. In production that is two groups: one at every scrape, one for long windows every two minutes.
/// </summary>
public static class RulesBench
{
    private const int Slos = 1_000;
    private const int Repetitions = 5;
    private const double AllowedGenerationSeconds = 2;
    private const double AllowedRoundMilliseconds = 50;

    /// <summary>Prints the figures; 1 when a limit is missed. Arguments: seconds to watch the lab's rules, and those of production (0 leaves it out).</summary>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        int labSeconds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 60;
        int productionSeconds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 140;
        string folder = Directory.CreateTempSubdirectory("b2c-rules-").FullName;
        try
        {
            bool met = Generate(folder);
            SloCatalogue shipped = SloFiles.Load(Path.Combine(Home(), "slos"));
            var lab = new RuleOptions { TimeScale = 720, ScrapeInterval = TimeSpan.FromSeconds(1) };
            met &= await EvaluateAsync("lab", shipped, lab, Path.Combine(folder, "lab"), labSeconds, cancellationToken);
            if (productionSeconds > 0)
            {
                met &= await EvaluateAsync("production", shipped, new RuleOptions(), Path.Combine(folder, "production"), productionSeconds, cancellationToken);
            }

            return met ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool Generate(string folder)
    {
        string slos = Directory.CreateDirectory(Path.Combine(folder, "slos")).FullName;
        File.WriteAllText(Path.Combine(slos, "shared.yaml"), "{apiVersion: openslo/v1, kind: Service, metadata: {name: shop}, spec: {}}\n");
        for (int i = 0; i < Slos; i++)
        {
            File.WriteAllText(Path.Combine(slos, $"slo-{i}.yaml"), $$$"""
                apiVersion: openslo/v1
                kind: SLO
                metadata: {name: slo-{{{i}}}, displayName: "Objective {{{i}}}"}
                spec:
                  service: shop
                  indicator:
                    metadata: {name: answered}
                    spec:
                      ratioMetric:
                        counter: true
                        good: {metricSource: {type: prometheus, spec: {query: 'requests_total{route="{{{i}}}",code!="5xx"}' } } }
                        total: {metricSource: {type: prometheus, spec: {query: 'requests_total{route="{{{i}}}"}' } } }
                  timeWindow: [{duration: 30d, isRolling: true}]
                  budgetingMethod: Occurrences
                  objectives: [{target: 0.995}]
                """);
        }

        List<double> seconds = [], processor = [];
        string rules = Path.Combine(folder, "rules.yaml");
        for (int i = 0; i < Repetitions; i++)
        {
            TimeSpan before = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            PrometheusRules.Write(SloFiles.Load(slos), rules, new RuleOptions());
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            processor.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
        }

        // The first counts too: the command line makes rules once in its life, with cold code.
        Console.WriteLine($"rules  {Slos} SLOs read, checked and written as {new FileInfo(rules).Length / 1e6:0.0} MB of rules: {Texts(seconds)} s (processor {Texts(processor)} s)");
        return Report("slowest generation", seconds.Max(), "s", AllowedGenerationSeconds);
    }

    private static async Task<bool> EvaluateAsync(string name, SloCatalogue slos, RuleOptions options, string folder, int seconds, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        PrometheusRules.Write(slos, Path.Combine(folder, "rules.yaml"), options);
        using var exporter = new SyntheticServices(SloHistory.Scraped(options));
        await using PrometheusServer prometheus = await PrometheusServer.StartAsync(folder, exporter.Port, options, SloHistory.Of(slos, options), cancellationToken);

        // Short windows fill, caches warm.
        await Task.Delay(TimeSpan.FromSeconds(Math.Min(seconds / 4, 15)), cancellationToken);
        Dictionary<string, List<double>> rounds = [];
        TimeSpan before = prometheus.ProcessorTime;
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            await Task.Delay(1_000, cancellationToken);
            // Zero: not evaluated yet. A group of long windows is first evaluated after up to two minutes.
            foreach ((string group, double milliseconds) in (await prometheus.GroupMillisecondsAsync(cancellationToken)).Where(g => g.Value > 0))
            {
                List<double> measured = rounds.TryGetValue(group, out List<double>? known) ? known : rounds[group] = [];
                measured.Add(milliseconds);
            }
        }

        double processor = (prometheus.ProcessorTime - before) / Stopwatch.GetElapsedTime(start) * 100;
        int rules = await prometheus.RuleCountAsync(cancellationToken);
        Console.WriteLine($"rules  {name}: {rules} rules on {slos.Objectives.Count} SLOs, scraped every {options.ScrapeInterval.TotalSeconds:0} s; history of {SloHistory.Describe(options)}; Prometheus uses {processor:0.0} % of a core, scrapes included");
        bool met = true;
        foreach ((string group, List<double> milliseconds) in rounds.OrderBy(g => g.Key))
        {
            milliseconds.Sort();
            Console.WriteLine($"rules  {name} group {group}: p50 {At(milliseconds, 0.5):0.0} ms, p95 {At(milliseconds, 0.95):0.0} ms, max {milliseconds[^1]:0.0} ms");
            met &= Report($"{name} group {group} at the median", At(milliseconds, 0.5), "ms", AllowedRoundMilliseconds);
        }

        return met;
    }

    private static string Texts(List<double> seconds) => string.Join(" ", seconds.Select(s => s.ToString("0.00", CultureInfo.InvariantCulture)));

    private static double At(List<double> sorted, double p) => sorted[(int)(p * (sorted.Count - 1))];

    private static bool Report(string what, double value, string unit, double limit)
    {
        Console.WriteLine($"rules  {what}: {value:0.00} {unit}, less than {limit} {unit} allowed: {(value < limit ? "met" : "MISSED")}");
        return value < limit;
    }

    private static string Home() => Environment.GetEnvironmentVariable("BACK2CODE_HOME") ?? Directory.GetCurrentDirectory();
}
