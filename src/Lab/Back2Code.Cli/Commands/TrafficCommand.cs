using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Identity;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Cli.Commands;

/// <summary>The load generator and the check of what it wrote. A process of its own in a drill, so that it distorts nothing; useful alone against any platform that speaks the notes API.</summary>
internal static class TrafficCommand
{
    private const int UsageError = 2;
    private const int Unreadable = 4;
    private const int Interrupted = 130;

    private static readonly Option<Uri> Target = new("--target")
    {
        Description = "Base address of the gateway",
        Required = true,
        HelpName = "URL",
        CustomParser = ParseAddress,
    };

    private static readonly Option<string> Tokens = new("--tokens")
    {
        Description = "JSON object of user names and bearer tokens: a file, or - for the standard input (a token on a command line can be read by every user of the machine)",
        Required = true,
        HelpName = "FILE|-",
    };

    private static readonly Option<string> Ledger = new("--ledger") { Description = "JSON lines file of every write", Required = true, HelpName = "FILE" };

    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object a line for scripts" };

    internal static Command Create() => new("traffic", "Send traffic to a platform on a schedule that its answers cannot change, and check afterwards what became of every write")
    {
        CreateRun(),
        CreateVerify(),
    };

    private static Command CreateRun()
    {
        var rate = new Option<double>("--rate") { Description = "Mean requests a second", HelpName = "N", DefaultValueFactory = _ => 120 };
        var duration = new DurationOption("--duration", "Measured time, after the warm-up", TimeSpan.FromSeconds(60));
        var warmUp = new DurationOption("--warmup", "Time before it that the summary leaves out", TimeSpan.FromSeconds(8));
        var timeout = new DurationOption("--timeout", "Time that a request has for its whole answer", TimeSpan.FromSeconds(5));
        var seed = new Option<int>("--seed") { Description = "Same seed, same schedule: arrival times, journeys, users", HelpName = "N", DefaultValueFactory = _ => 1 };
        var arrivals = new Option<ArrivalPattern>("--arrivals") { Description = "poisson (independent users) or constant gaps", DefaultValueFactory = _ => ArrivalPattern.Poisson, HelpName = "poisson|constant" };
        var mix = new Option<TrafficMix>("--mix")
        {
            Description = "Weights of the journeys",
            HelpName = "MIX",
            DefaultValueFactory = _ => TrafficMix.Default,
            CustomParser = ParseMix,
        };
        var identity = new Option<Uri?>("--identity")
        {
            Description = $"Address of the identity service: tokens are renewed there ahead of their end, by the client {TrafficEnvironment.IdentityClient} with the secret {TrafficEnvironment.IdentitySecret} of the environment",
            HelpName = "URL",
            CustomParser = ParseAddress,
        };
        var renew = new DurationOption("--renew", "With --identity: how old a token gets; 0 for two thirds of its life", TimeSpan.Zero);
        var inFlight = new Option<int>("--max-in-flight") { Description = "Bound on requests in flight; beyond it they are shed, and counted as failed", HelpName = "N", DefaultValueFactory = _ => 1024 };

        var command = new Command(
            "run",
            """
            Send reads, lists, creates, replaces and deletes of notes, and record every write in a ledger.

            Examples:
              back2code traffic run --target http://127.0.0.1:18080 --tokens tokens.json --ledger ledger.jsonl --duration 30s
              back2code traffic run --target http://127.0.0.1:18080 --tokens - --ledger ledger.jsonl --rate 500 --json < tokens.json

            Ctrl-C or SIGTERM: nothing more departs, what is in flight ends, the summary is written, exit 0.
            """) { Target, Tokens, Ledger, rate, duration, warmUp, timeout, seed, arrivals, mix, inFlight, identity, renew, Json };
        command.SetAction((result, stop) => GuardAsync(async () =>
        {
            using var issuer = result.GetValue(identity) is { } address ? new IdentityClient(ReadIdentityAccess(address), TimeProvider.System) : null;
            var options = new TrafficOptions
            {
                Target = result.GetRequiredValue(Target),
                Tokens = await ReadTokensAsync(result.GetRequiredValue(Tokens), stop),
                LedgerPath = result.GetRequiredValue(Ledger),
                Rate = result.GetValue(rate),
                Arrivals = result.GetValue(arrivals),
                Duration = duration.Of(result),
                WarmUp = warmUp.Of(result),
                Timeout = timeout.Of(result),
                Seed = result.GetValue(seed),
                Mix = result.GetRequiredValue(mix),
                MaxInFlight = result.GetValue(inFlight),
                RenewToken = issuer is null ? null : (user, token) => issuer.ExchangeAsync(user, scope: null, token),
                RenewTokensEvery = renew.Of(result) is { Ticks: > 0 } age ? age : null,
            };
            if (options.Errors().ToArray() is { Length: > 0 } errors)
            {
                throw new UsageException(string.Join(Environment.NewLine, errors));
            }

            var report = result.GetValue(Json) ? new TrafficReport() : new TrafficTable();
            var run = new TrafficRun(options, TimeProvider.System) { OnReady = report.Ready, OnSecond = report.Second, OnTrouble = trouble => Console.Error.WriteLine($"warning: {trouble}") };
            report.Summary(await run.RunAsync(stop));
            return 0;
        }));
        return command;
    }

    private static Command CreateVerify()
    {
        var deadline = new DurationOption("--deadline", "How long events and caches may take, after everything was asked for once, before what is missing counts as lost. Asking once may take as long, and 10 ms more for each write", TimeSpan.FromSeconds(30));
        var progress = new Option<bool>("--progress") { Description = "With --json: also a line a second before the verdict that says how far it is" };
        var readBack = new Option<string?>("--readback") { Description = "File for what the platform showed, one JSON line each: with the ledger, the verdict can be given again without the platform", HelpName = "FILE" };
        var command = new Command(
            "verify",
            """
            Read back every write that the platform acknowledged: none lost, none stale, none twice, and each event in its owner's inbox once.

            Examples:
              back2code traffic verify --ledger ledger.jsonl --target http://127.0.0.1:18080 --tokens tokens.json
              back2code traffic verify --ledger ledger.jsonl --target http://127.0.0.1:18080 --tokens - --deadline 60s --json < tokens.json

            Exits 0 when every write is as it should be, 1 when something is lost, duplicated or stale, 4 when the platform did not answer in time
            for some of it (unreadable), so that nothing is proved.
            """) { Target, Tokens, Ledger, deadline, readBack, Json, progress };
        command.SetAction((result, stop) => GuardAsync(async () =>
        {
            var options = new VerificationOptions
            {
                LedgerPath = result.GetRequiredValue(Ledger),
                ReadBackPath = result.GetValue(readBack),
                Target = result.GetRequiredValue(Target),
                Tokens = await ReadTokensAsync(result.GetRequiredValue(Tokens), stop),
                Deadline = deadline.Of(result),
            };
            bool json = result.GetValue(Json);
            var report = json ? new TrafficReport() : new TrafficTable();
            var verification = new LedgerVerification(options, TimeProvider.System) { OnProgress = !json || result.GetValue(progress) ? report.Progress : null };
            var verdict = await verification.RunAsync(stop);
            report.Verdict(verdict);
            return verdict.Broken ? 1 : verdict.Clean ? 0 : Unreadable;
        }));
        return command;
    }

    private static async Task<int> GuardAsync(Func<Task<int>> action)
    {
        try
        {
            return await action();
        }
        catch (UsageException e)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message}");
            return UsageError;
        }
        catch (TrafficException e)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message}");
            return 1;
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
    }

    /// <exception cref="UsageException">The environment names no client.</exception>
    private static IdentityAccess ReadIdentityAccess(Uri address) => new(address, Variable(TrafficEnvironment.IdentityClient), Variable(TrafficEnvironment.IdentitySecret));

    private static string Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : throw new UsageException($"--identity needs the variable {name} in the environment.");

    /// <exception cref="UsageException">There is no such file, or it is no map of users to tokens.</exception>
    private static async Task<IReadOnlyDictionary<string, string>> ReadTokensAsync(string source, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = source == "-" ? Console.OpenStandardInput() : File.OpenRead(source);
            var tokens = await JsonSerializer.DeserializeAsync(stream, TrafficJson.Default.DictionaryStringString, cancellationToken);
            return tokens is { Count: > 0 } ? tokens : throw new UsageException($"--tokens {source} holds no user.");
        }
        catch (JsonException e)
        {
            // The message of the parser quotes nothing of the tokens, only the place.
            throw new UsageException($$"""--tokens {{source}} is not a JSON object like {"ada": "eyJ…"}: line {{(e.LineNumber ?? 0) + 1}}, column {{(e.BytePositionInLine ?? 0) + 1}}.""");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--tokens {source} cannot be read: {e.Message}");
        }
    }

    private static Uri? ParseAddress(ArgumentResult result) =>
        Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : Refuse<Uri>(result, $"'{result.Tokens[0].Value}' is no http or https address; an example is http://127.0.0.1:18080.");

    private static TrafficMix? ParseMix(ArgumentResult result)
    {
        try
        {
            return TrafficMix.Parse(result.Tokens[0].Value);
        }
        catch (FormatException e)
        {
            return Refuse<TrafficMix>(result, $"--mix: {e.Message}");
        }
    }

    private static T? Refuse<T>(ArgumentResult result, string message)
    {
        result.AddError(message);
        return default;
    }

    /// <summary>A duration with its unit. The library would show its default as 00:01:00.</summary>
    private sealed class DurationOption : Option<TimeSpan?>
    {
        private readonly TimeSpan _default;

        public DurationOption(string name, string description, TimeSpan byDefault)
            : base(name)
        {
            _default = byDefault;
            Description = $"{description} [default: {Durations.Format(byDefault)}]";
            HelpName = "TIME";
            CustomParser = result => Durations.TryParse(result.Tokens[0].Value, out var value)
                ? value
                : Refuse<TimeSpan?>(result, $"'{result.Tokens[0].Value}' is no duration for {name}; examples are 500ms, 8s, 1m30s.");
        }

        public TimeSpan Of(ParseResult result) => result.GetValue(this) ?? _default;
    }

    private sealed class UsageException(string message) : Exception(message);
}
