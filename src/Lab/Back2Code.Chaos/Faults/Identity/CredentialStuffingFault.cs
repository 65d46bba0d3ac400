using System.Diagnostics;
using System.Globalization;
using System.Net;
using Back2Code.Chaos.Faults.Servers;
using Back2Code.Chaos.Identity;

namespace Back2Code.Chaos.Faults.Identity;

/// <summary><c>identity.credential-stuffing</c>: a list of leaked names and passwords is tried, while a person goes on signing in from elsewhere.</summary>
internal sealed class CredentialStuffingFault : IdentityFault
{
    private const string Denied = "back2code_identity_events_total{action=\"sign-in\",outcome=\"denied\"";

    /// <summary>Users sign in from 127.0.3.0/24, a new address each time.</summary>
    private const int UsersNetwork = 3;

    /// <summary>Attempts a second from each address: its first fifty are let through, so fewer would not be throttled within <see cref="Patience"/>.</summary>
    private const int LeastRatePerAddress = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LeaseGrace = TimeSpan.FromSeconds(5);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public override string Type => "identity.credential-stuffing";

    public override string Summary => "Tries so many leaked names and passwords a second at the sign-in page, from some addresses, while a user signs in twice a second from others.";

    public override string Symptom => "SignInsRefused. After their first attempts the attack's addresses get 429 without a password being hashed; users sign in, a little slower while those first attempts are.";

    public override string Receipt => "The service counts refused sign-ins at half of the rate or more, an attempt from the attack's address is answered 429, and a user has signed in from another.";

    public override string Undo => "Ends the process that attacks, and deletes the fault's own user with every session of it; the audit trail keeps its records.";

    public override FaultExample Example { get; } = new("identity", ("rate", "50"), ("addresses", "2"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("rate", "Attempts a second, at least five from each address.", LeastRatePerAddress, 1_000, Required: true),
        new NumberParameter("addresses", "From how many addresses; 1 when left out.", 1, 250),
    ];

    public override string? CheckTogether(IReadOnlyDictionary<string, string> parameters)
    {
        var settings = new FaultSettings(parameters);
        var (rate, addresses) = (settings.Number("rate"), settings.Number("addresses", 1));
        return rate < addresses * LeastRatePerAddress
            ? FormattableString.Invariant($"a rate of {rate} from {addresses} addresses is too low for any of them to be throttled while the receipt waits; give {addresses * LeastRatePerAddress} or more")
            : null;
    }

    protected override async Task<InjectedFault> InjectAsync(
        FaultContext context, FaultSettings settings, IdentityClient identity, IReadOnlyList<TargetProcess> processes, CancellationToken cancellationToken)
    {
        var platform = context.Platform;
        if (processes.FirstOrDefault(p => p.Name == "gateway") is not { Port: { } gatewayPort })
        {
            throw new FaultException($"{Type} comes through the gateway, and this platform has none.");
        }

        var gateway = new Uri($"http://127.0.0.1:{gatewayPort}");
        var (rate, addresses) = (settings.Number("rate"), settings.Number("addresses", 1));
        var account = FaultAccount.For(context.FaultId);
        var worker = new FaultWorker(
            "sign-ins-" + context.FaultId,
            ["sign-ins", "--url", gateway.ToString(), "--rate", rate.ToString(CultureInfo.InvariantCulture), "--addresses", addresses.ToString(CultureInfo.InvariantCulture)],
            (context.For ?? Injection.LeaseWithoutEnd) + LeaseGrace);
        var users = new SigningIn(gateway, account);
        var standing = new Repeating(users.SignInAsync, Interval, context.For ?? Injection.LeaseWithoutEnd, platform.Time);
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [new EndWorker(worker.Id), new RemoveAccount(account.Name)],
            async token =>
            {
                await FaultAccount.Plainly(async () =>
                {
                    await account.CreateAsync(identity, token);
                    return true;
                });
                var before = await CountDeniedAsync(platform, token);
                await platform.StartWorkerAsync(worker, token);
                standing.Start();
                return [await WatchAsync(platform, gateway, users, before, rate, token)];
            },
            _ => Task.FromResult<IReadOnlyList<string>>([users.Summary]),
            cancellationToken,
            standing);
    }

    /// <summary>Half of the rate is enough: the machine may be too slow for more, and the rest is the attacker's trouble.</summary>
    private static async Task<Evidence> WatchAsync(IFaultTarget platform, Uri gateway, SigningIn users, double before, long rate, CancellationToken cancellationToken)
    {
        var start = platform.Time.GetTimestamp();
        HttpStatusCode? throttled = null;
        while (true)
        {
            await Task.Delay(Between, platform.Time, cancellationToken);
            var from = platform.Time.GetTimestamp();
            var denied = await CountDeniedAsync(platform, cancellationToken);
            await Task.Delay(TimeSpan.FromSeconds(1), platform.Time, cancellationToken);
            var perSecond = (await CountDeniedAsync(platform, cancellationToken) - denied) / platform.Time.GetElapsedTime(from).TotalSeconds;
            throttled = await AskFromAttackAsync(gateway, cancellationToken);
            var elapsed = platform.Time.GetElapsedTime(start);
            if (perSecond >= rate / 2.0 && throttled == HttpStatusCode.TooManyRequests && users.SignedIn > 0)
            {
                return Evidence.Seen($"identity: {perSecond:0} sign-ins a second are refused, an attempt from the attack's address is answered 429, and {users.Summary}, {elapsed.TotalSeconds:0.0} s after the attack began");
            }

            if (elapsed >= Patience)
            {
                return Evidence.NotSeen($"identity: {perSecond:0} sign-ins a second are refused ({denied - before:0} so far), an attempt from the attack's address is answered {(int?)throttled}, and {users.Summary}");
            }
        }
    }

    private static async Task<HttpStatusCode?> AskFromAttackAsync(Uri gateway, CancellationToken cancellationToken)
    {
        using var browser = new SignInBrowser(gateway, SignInBrowser.Place(SignInWorker.Network, 0));
        try
        {
            return (await browser.SignInAsync("somebody", "and a guess", target: null, cancellationToken)).Status;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>The service's own counter.</summary>
    private static async Task<double> CountDeniedAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        try
        {
            var metrics = await Http.GetStringAsync(new Uri(platform.Identity.Address, "/metrics"), cancellationToken);
            return metrics.Split('\n').Where(line => line.StartsWith(Denied, StringComparison.Ordinal)).Sum(line => double.Parse(line.Split("} ")[1].Split(' ')[0], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new FaultException($"Identity's metrics cannot be read: {e.Message}", e);
        }
    }

    /// <summary>A person with the right password, each time from another place.</summary>
    private sealed class SigningIn(Uri gateway, FaultAccount account)
    {
        private readonly Lock _gate = new();
        private readonly List<double> _seconds = [];
        private int _tried;

        public int SignedIn
        {
            get
            {
                lock (_gate)
                {
                    return _seconds.Count;
                }
            }
        }

        public string Summary
        {
            get
            {
                lock (_gate)
                {
                    double[] sorted = [.. _seconds.Order()];
                    return sorted.Length == 0
                        ? FormattableString.Invariant($"none of {_tried} users has signed in")
                        : FormattableString.Invariant($"{sorted.Length} of {_tried} users have signed in, in {Quantile(sorted, 0.5):0.00} s (p50), {Quantile(sorted, 0.95):0.00} s (p95)");
                }
            }
        }

        /// <summary>Nearest rank.</summary>
        private static double Quantile(double[] sorted, double share) => sorted[(int)Math.Ceiling(sorted.Length * share) - 1];

        public async Task SignInAsync(CancellationToken cancellationToken)
        {
            using var browser = new SignInBrowser(gateway, SignInBrowser.Place(UsersNetwork, _tried));
            var start = Stopwatch.GetTimestamp();
            HttpStatusCode? status = null;
            try
            {
                (status, _) = await browser.SignInAsync(account.Name, account.Password, target: null, cancellationToken);
            }
            finally
            {
                if (!cancellationToken.IsCancellationRequested)
                {
                    lock (_gate)
                    {
                        _tried++;
                        if (status == HttpStatusCode.SeeOther)
                        {
                            _seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                        }
                    }
                }
            }
        }
    }
}
