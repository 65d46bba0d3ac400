using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.Notifications;

/// <summary>
/// Tells the HTTP channels of the settings what becomes of a run, in the shape of the reference: <c>{name, payload, phase, ts}</c>. A channel that does not take
/// it is told to the user and changes nothing else: no run fails, or waits long, for who is to hear of it.
/// </summary>
/// <param name="channels">Who is told.</param>
/// <param name="say">Takes one line for each channel that was not reached.</param>
/// <param name="clock">For the time of events.</param>
/// <param name="patience">For each event, whatever the number of channels.</param>
public sealed class ExperimentNotifier(IReadOnlyList<NotificationChannel> channels, Action<string> say, TimeProvider clock, TimeSpan patience) : IDisposable
{
    private readonly HttpClient _verifying = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly HttpClient _trusting = new(Trusting(), disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>What a run that begins is told as; the payload is the experiment without its secrets.</summary>
    public Task TellStartAsync(Experiment experiment, CancellationToken cancellationToken)
    {
        var copy = (JsonObject)experiment.Source.ToJson();
        copy.Remove("secrets");
        return TellAsync("run-started", copy, error: null, cancellationToken);
    }

    /// <summary>What a run is told as that could not begin after all; it has no journal.</summary>
    public Task TellFailureAsync(string error, CancellationToken cancellationToken) => TellAsync("run-failed", payload: null, error, cancellationToken);

    /// <summary>What a run that ended is told as; the payload is its journal, which hides the secrets.</summary>
    public async Task TellEndAsync(ExperimentJournal journal, CancellationToken cancellationToken)
    {
        var payload = journal.ToJson(clock.GetUtcNow());
        await TellAsync(journal.Status == JournalStatus.Completed ? "run-completed" : "run-failed", payload, error: null, cancellationToken);
        if (journal.Deviated)
        {
            await TellAsync("run-deviated", payload, error: null, cancellationToken);
        }
    }

    public void Dispose()
    {
        _verifying.Dispose();
        _trusting.Dispose();
    }

    private async Task TellAsync(string name, JsonNode? payload, string? error, CancellationToken cancellationToken)
    {
        var told = channels.Where(c => c.Events.Count == 0 || c.Events.Contains(name)).ToList();
        if (told.Count == 0)
        {
            return;
        }

        var message = new JsonObject
        {
            ["name"] = name,
            ["payload"] = payload?.DeepClone(),
            ["phase"] = "run",
            ["ts"] = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0,
        };
        if (error is not null)
        {
            message["error"] = error;
        }

        var body = message.ToJsonString();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        await Task.WhenAll(told.Select(c => TellAsync(c, name, body, deadline.Token)));
    }

    private async Task TellAsync(NotificationChannel channel, string name, string body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(channel.ForwardsPayload ? HttpMethod.Post : HttpMethod.Get, channel.Url);
            if (channel.ForwardsPayload)
            {
                request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
            }

            foreach (var (header, value) in channel.Headers.Where(h => !h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)))
            {
                request.Headers.TryAddWithoutValidation(header, value);
            }

            using var response = await (channel.VerifyTls ? _verifying : _trusting).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                say($"{channel.Place} was not told of {name}: it answered {(int)response.StatusCode}");
            }
        }
        catch (OperationCanceledException)
        {
            say(FormattableString.Invariant($"{channel.Place} was not told of {name}: no answer within {patience.TotalSeconds:0.#} s"));
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException or FormatException)
        {
            say($"{channel.Place} was not told of {name}: {e.Message}");
        }
    }

    private static SocketsHttpHandler Trusting()
    {
        var handler = new SocketsHttpHandler();
#pragma warning disable CA5359 // Only for channels with 'verify_tls: false'.
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        return handler;
    }
}
