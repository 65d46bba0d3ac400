using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Reports;
using Back2Code.Chaos.Faults;

namespace Back2Code.Cli.Commands;

internal static class ExperimentRunCommand
{
    // What signal(7) calls SIGUSR1 and SIGUSR2 on Linux; the runtime has no names for them.
    private const PosixSignal LeaveWithRollbacks = (PosixSignal)10;
    private const PosixSignal LeaveWithoutRollbacks = (PosixSignal)12;

    // Somebody else's experiment does not keep a machine busy for a day.
    private static readonly TimeSpan RemoteTimeLimit = TimeSpan.FromMinutes(30);

    internal static Command Create()
    {
        var run = new Arguments();
        var command = new Command("run", """
            Run a Chaos Toolkit experiment: hypothesis, method, hypothesis, rollbacks, and the way back to the steady state. Writes a journal.

            Examples:
              back2code experiment run experiment.yaml
              back2code experiment run experiment.json --compat --journal-path out/journal.json
              back2code experiment run experiment.yaml --hypothesis-strategy continuously --fail-fast --var host=127.0.0.1 --var port:int=8080
              back2code experiment run https://example.org/experiment.json --allow-process

            Exits 0 when completed, 1 when the steady state deviated, 2 on an invalid experiment, 3 when the steady state was not met before the method
            (nothing was run), 4 when an action failed, so that the run proves nothing, 5 when a rollback failed or the steady state did not return, 130 when
            interrupted (rollbacks are played). With --compat 0 or 1, as Chaos Toolkit would.
            Ctrl-C or SIGTERM ends the run; SIGUSR1 does too and always plays the rollbacks, SIGUSR2 never plays them.
            """);
        run.AddTo(command);
        command.SetAction((parsed, cancellationToken) => ExperimentCommand.GuardAsync(parsed.GetValue(run.Compat), () => RunAsync(parsed, run, cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Arguments run, CancellationToken cancellationToken)
    {
        var source = parsed.GetRequiredValue(run.Source);
        var settings = ExperimentCommand.ReadSettings(parsed.GetValue(run.Settings));
        var sourceOptions = ExperimentCommand.SourceOptions(settings, parsed.GetValue(run.Compat), !parsed.GetValue(run.NoVerifyTls)) with { AllowProcess = parsed.GetValue(run.AllowProcess) };
        var experiment = await ExperimentSource.LoadAsync(source, sourceOptions, cancellationToken);
        await ExperimentCommand.WarnAsync([.. settings.Warnings, .. experiment.Warnings, .. (parsed.GetValue(run.ControlFiles) ?? []).Select(f => $"{f} is not used: controls are Python modules")]);

        var isJson = parsed.GetValue(run.Json);
        using var interrupt = new Interrupt(cancellationToken);
        var options = await ReadOptionsAsync(parsed, run, experiment, settings, cancellationToken) with
        {
            RollbackOnInterrupt = () => interrupt.PlaysRollbacks,
            Say = line => (isJson ? Console.Error : Console.Out).WriteLine(line),
        };
        options.Say(experiment.Title);
        var outcome = await ExperimentRunner.RunAsync(experiment, options, TimeProvider.System, interrupt.Token);
        return await ConcludeAsync(outcome, parsed, run, isJson);
    }

    private static async Task<int> ConcludeAsync(ExperimentOutcome outcome, ParseResult parsed, Arguments run, bool isJson)
    {
        var path = Path.GetFullPath(parsed.GetValue(run.JournalPath)!);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await outcome.Journal.WriteAsync(path, TimeProvider.System.GetUtcNow(), CancellationToken.None);
            if (parsed.GetValue(run.Report) is { } folder)
            {
                await ExperimentReportCommand.WriteAsync(JournalReader.Load(path), folder, "report", CancellationToken.None);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"back2code: the journal could not be written: {e.Message}");
        }

        if (isJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { verdict = outcome.Verdict.ToString(), outcome.ExitCode, outcome.Reason, journal = path }, JsonSerializerOptions.Web));
        }
        else
        {
            Console.WriteLine($"{outcome.Verdict}{(outcome.Reason is null ? "" : $": {outcome.Reason}")}");
            Console.WriteLine($"journal: {path}");
        }

        return outcome.ExitCode;
    }

    private static async Task<ExperimentOptions> ReadOptionsAsync(ParseResult parsed, Arguments run, Experiment experiment, ChaosSettings settings, CancellationToken cancellationToken)
    {
        var values = GivenValues.Read(parsed.GetValue(run.Variables) ?? [], parsed.GetValue(run.VariableFiles) ?? []);
        if (parsed.GetValue(run.State) is not null)
        {
            values = await PlatformNames.AddAsync(values, LabOptions.Read(parsed, run.State), cancellationToken);
        }

        // The reference's order: command line, file, settings. A file with 'runtime' hides the settings even for what it does not name.
        var hasRuntime = experiment.Source.Find("runtime") is not null;
        return new ExperimentOptions
        {
            Compat = parsed.GetValue(run.Compat),
            Dry = Word(parsed.GetValue(run.Dry), Strategies.Dry, "--dry", Strategies.DryNames) ?? DryMode.None,
            Rollback = Word(parsed.GetValue(run.Rollback), Strategies.Rollback, "--rollback-strategy", Strategies.RollbackNames) ?? (hasRuntime ? null : settings.Rollback),
            Hypothesis = Word(parsed.GetValue(run.Hypothesis), Strategies.Hypothesis, "--hypothesis-strategy", Strategies.HypothesisNames) ?? (hasRuntime ? null : settings.Hypothesis),
            HypothesisFrequency = TimeSpan.FromSeconds(parsed.GetValue(run.Frequency)),
            FailFast = parsed.GetValue(run.FailFast) || parsed.GetResult(run.FailFastRatio) is { Implicit: false },
            FailFastRatio = parsed.GetValue(run.FailFastRatio),
            VerifyTls = !parsed.GetValue(run.NoVerifyTls),
            Values = values,
            TimeLimit = TimeLimit(parsed.GetValue(run.TimeLimit), parsed.GetRequiredValue(run.Source)),
        };
    }

    private static TimeSpan? TimeLimit(string? text, string source)
    {
        if (text is null)
        {
            return ExperimentSource.IsUrl(source) ? RemoteTimeLimit : null;
        }

        return Durations.TryParse(text, out var limit) && limit > TimeSpan.Zero && limit <= TimeSpan.FromDays(20)
            ? limit
            : throw new ExperimentSettingsException($"--time-limit '{text}' is not a duration; expected for example 90s or 10m");
    }

    private static T? Word<T>(string? text, Func<string, T?> parse, string option, string expected)
        where T : struct
        => text is null ? null : parse(text) ?? throw new ExperimentSettingsException($"{option} '{text}' is unknown; expected {expected}");

    /// <summary>Everything that can be written behind <c>experiment run</c>.</summary>
    private sealed class Arguments
    {
        public Argument<string> Source { get; } = ExperimentCommand.Source();

        public Option<bool> Compat { get; } = ExperimentCommand.Compat();

        public Option<bool> NoVerifyTls { get; } = ExperimentCommand.NoVerifyTls();

        public Option<string?> Settings { get; } = ExperimentCommand.Settings();

        public Option<bool> Json { get; } = new("--json") { Description = "Print verdict, exit code, reason and the journal's path as JSON; progress goes to the standard error" };

        public Option<string?> State { get; } = new(LabOptions.StateName) { Description = "State folder of a running platform, which fills in ${gateway}, ${prometheus}, ${token} and the address of every process", HelpName = "DIR" };

        public Option<string> JournalPath { get; } = new("--journal-path") { Description = "Where the journal goes", HelpName = "FILE", DefaultValueFactory = _ => "journal.json" };

        public Option<string?> Report { get; } = new("--report") { Description = "Folder for report.md and report.html", HelpName = "DIR" };

        public Option<string?> Dry { get; } = new("--dry") { Description = $"Skip {Strategies.DryNames}", HelpName = "WHAT" };

        public Option<string?> Rollback { get; } = new("--rollback-strategy") { Description = Strategies.RollbackNames, HelpName = "STRATEGY" };

        public Option<string?> Hypothesis { get; } = new("--hypothesis-strategy") { Description = Strategies.HypothesisNames, HelpName = "STRATEGY" };

        public Option<double> Frequency { get; } = new("--hypothesis-frequency") { Description = "Seconds between two checks while the method runs", HelpName = "SECONDS", DefaultValueFactory = _ => 1 };

        public Option<bool> FailFast { get; } = new("--fail-fast") { Description = "The first check that misses while the method runs ends it" };

        public Option<double> FailFastRatio { get; } = new("--fail-fast-ratio") { Description = "The same once this share of the checks has missed", HelpName = "PERCENT" };

        public Option<string[]> Variables { get; } = new("--var") { Description = "A value of the configuration; type is str, int, float, number, bytes, bool or json", HelpName = "KEY[:TYPE]=VALUE" };

        public Option<string[]> VariableFiles { get; } = new("--var-file") { Description = "A .json or .yaml with configuration and secrets, or a .env with environment variables", HelpName = "FILE" };

        public Option<string[]> ControlFiles { get; } = new("--control-file") { Description = "Accepted for compatibility; controls are not run", HelpName = "FILE" };

        public Option<bool> AllowProcess { get; } = new("--allow-process") { Description = "An experiment from a URL may run programs and touch files on this machine" };

        public Option<string?> TimeLimit { get; } = new("--time-limit") { Description = "For hypothesis and method together. Default: none for a file, 30m for a URL", HelpName = "90s|10m" };

        public void AddTo(Command command)
        {
            command.Add(Source);
            foreach (var option in (Option[])[Compat, Dry, JournalPath, Report, Json, Rollback, Hypothesis, Frequency, FailFast, FailFastRatio, Variables, VariableFiles, State, AllowProcess, TimeLimit, NoVerifyTls, Settings, ControlFiles])
            {
                command.Add(option);
            }

            Frequency.Validators.Add(result => Bound(result, Frequency, 0.01, 86_400));
            FailFastRatio.Validators.Add(result => Bound(result, FailFastRatio, 0, 100));
        }

        private static void Bound(System.CommandLine.Parsing.OptionResult result, Option<double> option, double low, double high)
        {
            if (result.Tokens.Count > 0 && !(result.GetValueOrDefault<double>() is var value && value >= low && value <= high))
            {
                result.AddError(FormattableString.Invariant($"{option.Name} is a number from {low} to {high}."));
            }
        }
    }

    /// <summary>Cancels on signals; the second one leaves at once.</summary>
    private sealed class Interrupt : IDisposable
    {
        private readonly CancellationTokenSource _stop;
        private readonly List<PosixSignalRegistration> _registrations;
        private int _asked;

        public Interrupt(CancellationToken cancellationToken)
        {
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _registrations =
            [
                On(PosixSignal.SIGINT, null), On(PosixSignal.SIGTERM, null), On(PosixSignal.SIGHUP, null),
                On(LeaveWithRollbacks, true), On(LeaveWithoutRollbacks, false),
            ];
        }

        public CancellationToken Token => _stop.Token;

        /// <summary>What the signal said; null: nothing.</summary>
        public bool? PlaysRollbacks { get; private set; }

        public void Dispose()
        {
            _registrations.ForEach(r => r.Dispose());
            _stop.Dispose();
        }

        private PosixSignalRegistration On(PosixSignal signal, bool? playsRollbacks) => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref _asked) > 1)
            {
                Environment.Exit((int)ExperimentVerdict.Interrupted);
            }

            PlaysRollbacks = playsRollbacks;
            Console.Error.WriteLine("interrupted (once more to leave at once)");
            _stop.Cancel();
        });
    }
}
