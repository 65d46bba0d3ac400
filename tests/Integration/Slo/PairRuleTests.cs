using System.Globalization;
using Back2Code.Slo;

namespace Back2Code.IntegrationTests.Slo;

/// <summary>
/// Every pair of windows of every kind of period, alone in a rule file and judged by promtool. The load is computed from the pair's own numbers, so that a
/// wrong factor, window or scale shows: just above the threshold it must fire, and when only one of the two windows is above it must not.
/// </summary>
public sealed class PairRuleTests
{
    private const int Rate = 10_000;
    private const decimal Target = 0.995m;

    public static TheoryData<string, int, string> Pairs()
    {
        var data = new TheoryData<string, int, string>();
        foreach ((string period, int scale) in new[] { ("30d", 720), ("7d", 720), ("90d", 720), ("2d", 120) })
        {
            Assert.True(DurationShorthand.TryParse(period, out DurationShorthand duration));
            foreach (BurnRatePair pair in BurnRatePair.For(duration.Length!.Value))
            {
                data.Add(period, scale, Annotation(pair));
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public Task A_pair_fires_resolves_and_keeps_silent_when_it_must(string period, int scale, string pair) => new PairCase(period, scale, pair).JudgeAsync();

    [Fact]
    public Task The_page_pairs_do_so_in_production_time_as_well() => Task.WhenAll(
        new PairCase("30d", 1, "page 5m/1h 2%") { Second = 60 }.JudgeAsync(),
        new PairCase("30d", 1, "page 30m/6h 5%") { Second = 60 }.JudgeAsync());

    private static string Annotation(BurnRatePair pair) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(pair.Speed == BurnSpeed.Fast ? "page" : "ticket")} {pair.ShortWindow.TotalMinutes}m/{pair.LongWindow.TotalMinutes}m {pair.BudgetShare * 100:0.##}%");

    /// <param name="period">The SLO's rolling window.</param>
    /// <param name="scale">The time scale.</param>
    /// <param name="pair">The only pair, as the annotation says it.</param>
    private sealed class PairCase(string period, int scale, string pair)
    {
        /// <summary>Seconds from scrape to scrape. All times below are counted in scrapes.</summary>
        public int Second { get; init; } = 1;

        private BurnRatePair _pair = null!;
        private string _alert = null!;
        private string _brief = null!, _extended = null!;
        private decimal _factor;

        public async Task JudgeAsync()
        {
            ServiceLevelObjective slo = Catalogue().Objectives[0];
            _pair = slo.AlertWindows!.Single();
            _alert = _pair.Speed == BurnSpeed.Fast ? "ShopFastBurn" : "ShopSlowBurn";
            _factor = _pair.FactorFor(slo.Window.Duration.Length!.Value);
            var queries = Back2Code.Slo.Rules.SloQueries.For(Catalogue())[0];
            (_brief, _extended) = (queries.BurnRate(Name(_pair.ShortWindow)), queries.BurnRate(Name(_pair.LongWindow)));

            int brief = Scrapes(_pair.ShortWindow), extended = Scrapes(_pair.LongWindow);
            decimal threshold = _factor * (1 - Target);

            // So much above the threshold that the long window is still above it when the short one has forgotten.
            int burning = (int)Math.Min(Rate, decimal.Ceiling(Rate * threshold * 1.1m * extended / (extended - brief)));

            // Failures that put the short window above the threshold and leave the long one below it, in as few scrapes as hold them.
            decimal burst = threshold * (brief + extended) / 2;
            int bursts = (int)decimal.Ceiling(burst), burstBad = (int)(burst / bursts * Rate);
            Assert.True(bursts < brief, "the burst must fit into the short window");

            // Nothing but failures, for as long as the long window needs and some more.
            int outage = (int)decimal.Ceiling(threshold * extended * 1.2m) + 2;

            var run = new Timeline();
            run.Add(new(extended + 10, Rate, 0));
            run.Expect(false);
            run.Add(new(brief + 3, Rate, 0, StartsAgain: true));
            run.ExpectSince(brief + 3, false, "a counter that starts again is no failure");
            run.Add(new(bursts, Rate - burstBad, burstBad));
            run.Ask(Above(_brief, run.Now, true), Above(_extended, run.Now, false));
            run.Add(new(brief + 3, Rate, 0));
            run.ExpectSince(bursts + brief + 3, false, "only the short window burns");
            run.Add(new(extended, Rate - burning, burning));
            run.Expect(true);
            run.Ask(Above(_brief, run.Now, true), Above(_extended, run.Now, true));
            run.Add(new(brief, Rate, 0));
            run.Ask(Above(_brief, run.Now, false), Above(_extended, run.Now, true));
            run.Expect(false, "resolved within the short window although the long one still burns");
            run.Add(new(outage, 0, Rate));
            run.Expect(true);
            run.Add(new(brief + 2, 0, 0));
            run.Expect(false, "idle");
            run.Ask(Value("slo:errors:ratio_rate" + Name(_pair.ShortWindow), run.Now, 0), Value(_brief, run.Now, 0));
            run.Add(new(outage, 0, Rate));
            run.Expect(true);
            run.Add(new(brief + 20, 0, 0, IsGone: true));
            run.ExpectSince(18, false, "the metric has vanished");
            RuleOptions options = new() { TimeScale = scale, ScrapeInterval = TimeSpan.FromSeconds(Second) };
            await Promtool.TestAsync(PrometheusRules.Render(Catalogue(), options), $"""
                rule_files: [rules.yaml]
                evaluation_interval: {Second}s
                tests:
                {run.Case(_alert, Second)}
                """);
        }

        private SloCatalogue Catalogue() => SloFiles.Parse($$"""
            apiVersion: openslo/v1
            kind: Service
            metadata: {name: shop}
            spec: {}
            ---
            apiVersion: openslo/v1
            kind: SLO
            metadata:
              name: shop
              annotations: {back2code/alert-windows: "{{pair}}" }
            spec:
              service: shop
              indicator:
                metadata: {name: answered}
                spec:
                  ratioMetric:
                    counter: true
                    good: {metricSource: {type: prometheus, spec: {query: 'requests_total{code!="5xx"}' } } }
                    total: {metricSource: {type: prometheus, spec: {query: requests_total } } }
              timeWindow:
                - duration: {{period}}
                  isRolling: true
              budgetingMethod: Occurrences
              objectives:
                - target: {{Target.ToString(CultureInfo.InvariantCulture)}}
            """);

        private int Scrapes(TimeSpan window) => Math.Max(3, (int)Math.Ceiling(window.TotalSeconds / scale / Second));

        private static string Name(TimeSpan window) =>
            $"{(window.Days > 0 ? window.Days + "d" : "")}{(window.Hours > 0 ? window.Hours + "h" : "")}{(window.Minutes > 0 ? window.Minutes + "m" : "")}";

        private string Above(string series, int at, bool isAbove) => string.Create(
            CultureInfo.InvariantCulture,
            $"{{expr: 'sum({series} > bool {_factor})', eval_time: {at * Second}s, exp_samples: [{{labels: '{{}}', value: {(isAbove ? 1 : 0)}}}]}}");

        private string Value(string series, int at, int value) => string.Create(
            CultureInfo.InvariantCulture, $"{{expr: 'sum({series})', eval_time: {at * Second}s, exp_samples: [{{labels: '{{}}', value: {value}}}]}}");
    }

    /// <summary>A load in stretches, and what must be true when.</summary>
    private sealed class Timeline
    {
        private readonly List<Stretch> _load = [];
        private readonly List<(int At, bool Fires, string Why)> _alerts = [];
        private readonly List<string> _more = [];

        /// <summary>The last scrape of the load so far.</summary>
        public int Now { get; private set; }

        public void Add(Stretch stretch)
        {
            _load.Add(stretch);
            Now += stretch.Scrapes;
        }

        public void Expect(bool fires, string why = "") => _alerts.Add((Now, fires, why));

        public void ExpectSince(int scrapes, bool fires, string why) => _alerts.AddRange(Enumerable.Range(Now - scrapes + 1, scrapes).Select(at => (at, fires, why)));

        public void Ask(params string[] tests) => _more.AddRange(tests);

        public string Case(string alert, int second)
        {
            IEnumerable<string> alerts = _alerts.Select(e =>
                $"      - {{expr: 'count(ALERTS{{alertname=\"{alert}\",alertstate=\"firing\"}}) or vector(0)', eval_time: {e.At * second}s, exp_samples: [{{labels: '{{}}', value: {(e.Fires ? 1 : 0)}}}]}} # {e.Why}");
            return $"""
                  - interval: {second}s
                    input_series:
                      - series: 'requests_total{"{code=\"2xx\"}"}'
                        values: '{Stretch.Series(_load, s => s.Good)}'
                      - series: 'requests_total{"{code=\"5xx\"}"}'
                        values: '{Stretch.Series(_load, s => s.Bad)}'
                    promql_expr_test:
                {string.Join('\n', alerts.Concat(_more.Select(m => "      - " + m)))}
                """;
        }
    }
}
