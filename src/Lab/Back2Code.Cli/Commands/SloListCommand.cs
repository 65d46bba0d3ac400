using System.CommandLine;
using System.Globalization;
using Back2Code.Slo;
using Back2Code.Slo.Rules;
using Spectre.Console;

namespace Back2Code.Cli.Commands;

internal static class SloListCommand
{
    internal static Command Create()
    {
        var paths = new Argument<string[]>("path") { Description = "OpenSLO files, or folders that hold them. Default: the platform's own slos/.", Arity = ArgumentArity.ZeroOrMore };
        Option<bool> json = SloOutcome.Json();
        var command = new Command("list", """
            List error budgets: objective, period, how it is counted, and when it alerts. Nothing needs to run; for how budgets stand see `slo status`.

            Exit codes: 0 listed, 1 a file is wrong.

            Examples:
              back2code slo list
              back2code slo list slos/notes-latency.yaml slos/shared.yaml --json
            """)
        {
            paths, json,
        };
        command.SetAction(parsed => SloOutcome.Report(
            parsed,
            json,
            () =>
            {
                string[] given = parsed.GetValue(paths) ?? [];
                SloCatalogue catalogue = SloFiles.Load(given.Length > 0 ? given : [Path.Combine(LabOptions.Home(), "slos")]);
                PrometheusRules.Render(catalogue, new RuleOptions());
                return SloQueries.For(catalogue).Select(Budget.From).ToList();
            },
            Print));
        return command;
    }

    private static void Print(List<Budget> budgets, TextWriter output)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("slo", "service").AddColumn(new TableColumn("objective").RightAligned())
            .AddColumns("period", "counts", "pages when the error ratio exceeds", "tickets");
        foreach (Budget budget in budgets)
        {
            table.AddRow(
                Markup.Escape(budget.Name), Markup.Escape(budget.Service), Percent(budget.Objective), budget.Period, budget.BudgetingMethod,
                Ratios(budget, "critical"), Ratios(budget, "warning"));
        }

        // As wide as it must be: a pipe has no width, and a wrapped table cannot be searched.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = 200;
        console.Write(table);
    }

    private static string Ratios(Budget budget, string severity) =>
        string.Join(", ", budget.Alerts.Where(a => a.Severity == severity).Select(a => $"{Percent(a.ErrorRatio)} over {a.Short}/{a.Long}"));

    private static string Percent(decimal share) => (share * 100).ToString("0.###", CultureInfo.InvariantCulture) + " %";

    private sealed record Budget(
        string Name, string DisplayName, string Service, decimal Objective, string Period, string BudgetingMethod, IReadOnlyList<Pair> Alerts, IReadOnlyList<string> AlertNames, string File, int Line)
    {
        public static Budget From(SloQueries q) => new(
            q.Slo, q.DisplayName, q.Service, q.Target, q.Period, q.Origin.BudgetingMethod.ToString(), [.. q.Pairs.Select(p => Pair.From(p, q))], q.AlertNames,
            q.Origin.Source.File, q.Origin.Source.Line);
    }

    private sealed record Pair(string Severity, string Short, string Long, decimal BurnRate, decimal ErrorRatio)
    {
        public static Pair From(BurnRatePair pair, SloQueries q)
        {
            decimal factor = pair.FactorFor(q.PeriodLength);
            return new(
                pair.Speed == BurnSpeed.Fast ? "critical" : "warning", SloQueries.WindowName(pair.ShortWindow), SloQueries.WindowName(pair.LongWindow), factor,
                Back2Code.Slo.BurnRate.ErrorRatioAt(factor, q.Target));
        }
    }
}
