using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Back2Code.Chaos.Faults.Settings;

namespace Back2Code.Chaos.Faults.Keys;

/// <summary>
/// What becomes of tokens when the file of public keys changes. All services of a platform read one file, so it is changed for all; the target names those on which
/// the effect must be seen.
/// </summary>
internal sealed class JwksFault : IFault
{
    private const string PathVariable = "Authentication__JwksPath";

    // The services look at the file once a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(3) };

    public static JwksFault Replaced { get; } = new()
    {
        Type = "keys.replaced",
        Summary = "Replaces the public keys by that of another signing key, as a rotation without overlap does.",
        Symptom = "TokensRejected: 401 for every token that was good a moment ago, within a second and on all services at once; no server error anywhere.",
        NewText = _ => OtherKey(),
        Rejects = true,
    };

    public static JwksFault Corrupt { get; } = new()
    {
        Type = "keys.corrupt",
        Summary = "Cuts the file of public keys off in the middle.",
        Symptom = "An error in the log of each service, and nothing else: the keys known before stay in force. A service that starts now has none and answers 503.",
        NewText = text => text[..(text.Length / 2)],
    };

    public static JwksFault Missing { get; } = new()
    {
        Type = "keys.missing",
        Summary = "Takes the file of public keys away.",
        Symptom = "As keys.corrupt.",
        NewText = _ => null,
    };

    public required string Type { get; init; }

    public string Family => "keys";

    public required string Summary { get; init; }

    public required string Symptom { get; init; }

    public FaultExample Example { get; } = new("notes-*");

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters => [];

    /// <summary>What the file says instead; null when it is to be gone.</summary>
    private Func<string, string?> NewText { get; init; } = null!;

    /// <summary>Whether good tokens are refused; else they must go on being accepted, and the log must tell.</summary>
    private bool Rejects { get; init; }

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        FaultSettings.Of(this, context);
        var platform = context.Platform;
        var targets = TargetPattern.Resolve(context.Target, "process", await platform.ListProcessesAsync(cancellationToken), p => p.Name);
        string path = PathOf(targets[0]);
        string before = await File.ReadAllTextAsync(path, cancellationToken);
        string token = await platform.CreateTokenAsync("keys", TimeSpan.FromHours(1), cancellationToken);
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [new WriteKeys(path, before)],
            async end =>
            {
                var logs = targets.Select(t => new LogTail(platform, t.Name)).ToList();
                if (NewText(before) is { } text)
                {
                    KeyFile.Write(path, text);
                }
                else
                {
                    File.Delete(path);
                }

                return await Task.WhenAll(targets.Zip(logs, (t, log) => WatchAsync(platform, t, token, log, end)));
            },
            sumUp: null,
            cancellationToken);
    }

    private async Task<Evidence> WatchAsync(IFaultTarget platform, TargetProcess target, string token, LogTail log, CancellationToken cancellationToken)
    {
        var start = platform.Time.GetTimestamp();
        HttpStatusCode? status = null;
        while (platform.Time.GetElapsedTime(start) < Patience)
        {
            // Keys are looked at only when somebody shows a token.
            status = await AskAsync(target, token, cancellationToken);
            if (Rejects && status == HttpStatusCode.Unauthorized)
            {
                return Evidence.Seen($"{target.Name}: a good token was refused (401) after {platform.Time.GetElapsedTime(start).TotalMilliseconds:0} ms");
            }

            if (!Rejects && log.Has("KeysNotLoaded"))
            {
                return Evidence.Seen($"{target.Name}: could not read the keys after {platform.Time.GetElapsedTime(start).TotalMilliseconds:0} ms, and answered a good token with {(int?)status}");
            }

            await Task.Delay(Interval, platform.Time, cancellationToken);
        }

        return Evidence.NotSeen($"{target.Name}: answered a good token with {(int?)status} for {Patience.TotalSeconds:0} s, and its log said nothing of keys");
    }

    private static async Task<HttpStatusCode?> AskAsync(TargetProcess target, string token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://127.0.0.1:{target.Port}/v1/{target.Name.Split('-')[0]}?limit=1"));
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

    private static string PathOf(TargetProcess target)
    {
        int pid = target.Pid ?? throw new FaultException($"{target.Name} is not running, so nothing could be seen on it.");
        return ProcessEnvironment.Read(target.Name, pid).GetValueOrDefault(PathVariable) ?? throw new FaultException($"{target.Name} reads its keys from no file ({PathVariable}).");
    }

    /// <summary>A key set as RFC 7517 has it, whose private key nobody has.</summary>
    private static string OtherKey()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        string x = Base64Url.EncodeToString(point.X), y = Base64Url.EncodeToString(point.Y);
        return $$"""{"keys":[{"kty":"EC","crv":"P-256","x":"{{x}}","y":"{{y}}","kid":"{{string.Create(CultureInfo.InvariantCulture, $"other-{x[..8]}")}}","use":"sig","alg":"ES256"}]}""";
    }
}

/// <summary>Puts the public keys back. They are no secret, so they stand in the record themselves.</summary>
internal sealed record WriteKeys(string Path, string Text) : UndoStep
{
    internal override string? Owns => $"the keys in {Path}";

    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        if (File.Exists(Path) && await File.ReadAllTextAsync(Path, cancellationToken) == Text)
        {
            return "the public keys are what they were already";
        }

        KeyFile.Write(Path, Text);
        return "the public keys are what they were";
    }
}

/// <summary>The file of public keys: whole or as before, and readable by the user that the services run as.</summary>
internal static class KeyFile
{
    public static void Write(string path, string text)
    {
        string draft = path + ".fault";
        File.WriteAllText(draft, text);
        File.SetUnixFileMode(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.Move(draft, path, overwrite: true);
    }
}
