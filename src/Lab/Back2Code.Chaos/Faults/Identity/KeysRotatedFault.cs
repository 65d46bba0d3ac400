using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Back2Code.Chaos.Faults.Servers;
using Back2Code.Chaos.Identity;

namespace Back2Code.Chaos.Faults.Identity;

/// <summary>
/// <c>keys.rotated</c>: another key signs from now on. Nothing has to be undone, and a rotation cannot be: the key that retires loses its private part. While the
/// fault stands, tokens of both keys are shown to every service.
/// </summary>
internal sealed class KeysRotatedFault : IdentityFault
{
    private const string User = "keys";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    // The token of the old key lives ten minutes; refused after that, it would prove nothing.
    private static readonly TimeSpan LongestLook = TimeSpan.FromMinutes(9);

    public override string Type => "keys.rotated";

    public override string Family => "keys";

    public override string Summary => "Has the identity service sign with its next key from now on, and shows tokens of the old and of the new key to every service while it stands.";

    public override string Symptom => "None. The new key was public before it signed, and the old one stays public until its last token has ended: a 401 for either token is a finding.";

    public override string Receipt => "Another key signs, and every service that takes users' tokens accepts one of the new key and one of the old, without a refusal on the way.";

    public override string Undo => "Ends the showing of tokens. The rotation stays: the key that retired has lost its private part.";

    protected override async Task<InjectedFault> InjectAsync(
        FaultContext context, FaultSettings settings, IdentityClient identity, IReadOnlyList<TargetProcess> processes, CancellationToken cancellationToken)
    {
        var platform = context.Platform;
        var look = new TwoTokens([.. processes.Where(TwoTokens.Takes)], await FaultAccount.Plainly(() => identity.ExchangeAsync(User, scope: null, cancellationToken)));
        var lease = context.For is { } stands && stands < LongestLook ? stands : LongestLook;
        var standing = new Repeating(look.ShowOnceAsync, Interval, lease, platform.Time);
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [],
            async token =>
            {
                await FaultAccount.Plainly(() => identity.SendAsync(HttpMethod.Post, "/v1/keys/rotate", null, token));
                look.Young = await FaultAccount.Plainly(() => identity.ExchangeAsync(User, scope: null, token));
                if (look.Young is not { } young || KeyIdOf(young) == KeyIdOf(look.Old))
                {
                    return [Evidence.NotSeen($"identity: signs with key {KeyIdOf(look.Old)}, as before")];
                }

                var (_, took) = await Watch.UntilAsync(platform, Patience, look.ShowOnceAsync, _ => look.AllAccepted, token);
                standing.Start();
                return [.. look.Services.Select(service => look.EvidenceOf(service, KeyIdOf(look.Old), KeyIdOf(young), took))];
            },
            _ => Task.FromResult<IReadOnlyList<string>>([look.Summary]),
            cancellationToken,
            standing);
    }

    private static string KeyIdOf(string token) =>
        JsonElement.Parse(Base64Url.DecodeFromChars(token.Split('.')[0])).GetProperty("kid").GetString()![..8] + "…";

    /// <summary>A token of the old key and one of the new, at every service that takes users' tokens.</summary>
    private sealed class TwoTokens(IReadOnlyList<TargetProcess> services, string old)
    {
        private static readonly string[] Groups = ["notes", "notifications"];
        private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

        private readonly HashSet<(string Service, string Token)> _accepted = [];
        private long _shown;
        private long _refused;

        public IReadOnlyList<TargetProcess> Services => services;

        public string Old => old;

        public string? Young { get; set; }

        public bool AllAccepted => _accepted.Count == 2 * services.Count;

        public string Summary => FormattableString.Invariant($"{_shown} requests carried tokens of the two keys; {(_refused == 0 ? "none was refused" : $"{_refused} were refused")}");

        public static bool Takes(TargetProcess process) => process is { Pid: not null, Port: not null } && Groups.Contains(process.Name.Split('-')[0]);

        public async Task<long> ShowOnceAsync(CancellationToken cancellationToken)
        {
            foreach (var service in services)
            {
                foreach (var token in (string[])[old, Young!])
                {
                    if (await AskAsync(service, token, cancellationToken) is not { } status)
                    {
                        // Away for another reason; that is not what is looked at here.
                        continue;
                    }

                    _shown++;
                    if (status == HttpStatusCode.Unauthorized)
                    {
                        _refused++;
                    }
                    else if (status == HttpStatusCode.OK)
                    {
                        _accepted.Add((service.Name, token));
                    }
                }
            }

            return _refused;
        }

        public Evidence EvidenceOf(TargetProcess service, string oldKey, string youngKey, TimeSpan took)
        {
            bool both = _accepted.Contains((service.Name, old)) && _accepted.Contains((service.Name, Young!));
            return both && _refused == 0
                ? Evidence.Seen($"{service.Name}: accepts a token of the new key {youngKey} and one of the old key {oldKey}, {took.TotalMilliseconds:0} ms after the rotation")
                : Evidence.NotSeen($"{service.Name}: accepts {(both ? "both tokens" : "not both tokens")}, of the new key {youngKey} and of the old key {oldKey}; {_refused} requests were refused on the way");
        }

        private static async Task<HttpStatusCode?> AskAsync(TargetProcess service, string token, CancellationToken cancellationToken)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://127.0.0.1:{service.Port}/v1/{service.Name.Split('-')[0]}?limit=1"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            try
            {
                using var response = await Http.SendAsync(request, cancellationToken);
                return response.StatusCode;
            }
            catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                return null;
            }
        }
    }
}
