using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Back2Code.Lab.Traffic;

/// <summary>A complete answer, or the reason why there is none.</summary>
/// <param name="Status">Null when there was no complete answer.</param>
/// <param name="Outcome">The status as text, or one of <see cref="OutcomeNames"/>.</param>
internal readonly record struct Answer(HttpStatusCode? Status, string Outcome, byte[] Body, string? CacheStatus)
{
    /// <summary>Refused by the platform with certainty: a write with this answer did not happen and will not.</summary>
    public bool Rejected => Status is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError;

    public T? Read<T>(JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(Body, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal readonly record struct Call(HttpMethod Method, string Path, string Token)
{
    public byte[]? Json { get; init; }

    public string? IdempotencyKey { get; init; }

    /// <summary>W3C trace context; finds this request in the platform's traces and logs.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>
/// HTTP/1.1 to the gateway: no redirects, no cookies, no proxy, no retries of its own. Every failure is an answer, never an exception, since failures are what
/// this tool measures. One connection for each request in flight, so that no request waits for another inside the client, where nobody would see it.
/// </summary>
internal sealed class GatewayClient : IDisposable
{
    // A page of notes is the largest answer: 200 × 64 KiB of body, and JSON escapes.
    private const long LargestAnswer = 64 * 1024 * 1024;

    private readonly HttpMessageInvoker _http;
    private readonly Uri _target;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;

    public GatewayClient(Uri target, int connections, TimeSpan timeout, TimeProvider time)
    {
        _target = target;
        _timeout = timeout;
        _time = time;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            MaxConnectionsPerServer = connections,
            ConnectTimeout = timeout,
            // Shorter than a gateway keeps an idle connection: a POST written into one that is just being closed would fail by no fault of the platform.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(3),
            // The trace context is ours; the framework would start another one.
            ActivityHeadersPropagator = null,
        });
    }

    public async Task<Answer> SendAsync(Call call, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(call.Method, new Uri(_target, call.Path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", call.Token);
        if (call.TraceParent is not null)
        {
            request.Headers.TryAddWithoutValidation("traceparent", call.TraceParent);
        }

        if (call.IdempotencyKey is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", call.IdempotencyKey);
        }

        if (call.Json is not null)
        {
            request.Content = new ByteArrayContent(call.Json);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }

        using var expiry = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            await response.Content.LoadIntoBufferAsync(LargestAnswer, either.Token);
            byte[] body = await response.Content.ReadAsByteArrayAsync(either.Token);
            string? cacheStatus = response.Headers.NonValidated.TryGetValues("Cache-Status", out var values) ? values.ToString() : null;
            return new Answer(response.StatusCode, ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture), body, cacheStatus);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Answer(null, OutcomeNames.Timeout, [], null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new Answer(null, OutcomeNames.Connection, [], null);
        }
    }

    public void Dispose() => _http.Dispose();
}
