using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Prometheus;

/// <summary>Asks Prometheus for values of an expression: now, at a moment, over a range (HTTP API v1). Thread-safe.</summary>
internal sealed class PrometheusClient : IDisposable
{
    // A thousand SLOs with thirty figures each are some 6 MB.
    private const int MaximumAnswerBytes = 16 << 20;
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);

    // Evidence of an incident is asked for in the background, a few thousand points at once.
    private static readonly TimeSpan HistoryTimeout = TimeSpan.FromSeconds(5);

    private readonly HttpClient? _http;

    public PrometheusClient(IOptions<MonitoringOptions> options)
    {
        if (options.Value.PrometheusUrl is { } url)
        {
            var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(1), PooledConnectionLifetime = TimeSpan.FromMinutes(5), AutomaticDecompression = DecompressionMethods.GZip };
            _http = new HttpClient(handler) { BaseAddress = new Uri(url.EndsWith('/') ? url : url + "/"), Timeout = HistoryTimeout, MaxResponseContentBufferSize = MaximumAnswerBytes };
        }
    }

    /// <summary>Whether there is a Prometheus to ask at all.</summary>
    public bool IsConfigured => _http is not null;

    /// <summary>The series that the expression yields now; an empty list is an answer too.</summary>
    /// <exception cref="PrometheusException">There is no answer; the message says why, without addresses.</exception>
    public async Task<IReadOnlyList<PrometheusSample>> QueryAsync(string expression, CancellationToken cancellationToken) =>
        Read(await AskAsync("query", [new("query", expression)], AnswerTimeout, cancellationToken));

    /// <summary>Every series' value at a moment; what is no number is left out.</summary>
    /// <exception cref="PrometheusException">There is no answer; the message says why, without addresses.</exception>
    public async Task<IReadOnlyList<double>> ValuesAsync(string expression, DateTimeOffset at, CancellationToken cancellationToken) =>
        [.. Read(await AskAsync("query", [new("query", expression), new("time", Unix(at))], HistoryTimeout, cancellationToken)).Select(s => s.Value).Where(double.IsFinite)];

    /// <summary>Every series over a range; points that are no numbers are left out.</summary>
    /// <exception cref="PrometheusException">There is no answer; the message says why, without addresses.</exception>
    public async Task<IReadOnlyList<IReadOnlyList<(DateTimeOffset At, double Value)>>> RangesAsync(
        string expression, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken cancellationToken)
    {
        string seconds = step.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return ReadRanges(await AskAsync(
            "query_range", [new("query", expression), new("start", Unix(from)), new("end", Unix(to)), new("step", seconds)], HistoryTimeout, cancellationToken));
    }

    /// <summary>A label's value as PromQL writes it: labels come from outside.</summary>
    public static string Quote(string value) =>
        "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";

    public void Dispose() => _http?.Dispose();

    internal static IReadOnlyList<PrometheusSample> Read(ReadOnlyMemory<byte> body) =>
        Read<PrometheusSample>(body, "vector", "instant values", ReadSample);

    internal static IReadOnlyList<IReadOnlyList<(DateTimeOffset At, double Value)>> ReadRanges(ReadOnlyMemory<byte> body) =>
        Read<IReadOnlyList<(DateTimeOffset At, double Value)>>(body, "matrix", "series", static series =>
        [
            .. series.GetProperty("values").EnumerateArray()
                .Select(point => (At: DateTimeOffset.UnixEpoch.AddSeconds(point[0].GetDouble()), Value: Number(point[1].GetString()!)))
                .Where(point => double.IsFinite(point.Value)),
        ]);

    private static IReadOnlyList<T> Read<T>(ReadOnlyMemory<byte> body, string type, string what, Func<JsonElement, T> readOne)
    {
        try
        {
            using JsonDocument answer = JsonDocument.Parse(body);
            JsonElement data = answer.RootElement.GetProperty("data");
            return data.GetProperty("resultType").GetString() == type
                ? [.. data.GetProperty("result").EnumerateArray().Select(readOne)]
                : throw new PrometheusException($"Prometheus answered with something else than {what}");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            throw new PrometheusException("Prometheus' answer cannot be read", e);
        }
    }

    private async Task<byte[]> AskAsync(string what, IEnumerable<KeyValuePair<string, string>> question, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_http is null)
        {
            throw new PrometheusException("no Prometheus is configured (Monitoring:PrometheusUrl)");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            // A form, not the address: an expression may be longer than an address may be.
            using var form = new FormUrlEncodedContent(question);
            using HttpResponseMessage response = await _http.PostAsync(new Uri("api/v1/" + what, UriKind.Relative), form, limit.Token);
            byte[] body = await response.Content.ReadAsByteArrayAsync(limit.Token);
            return response.StatusCode is HttpStatusCode.OK ? body : throw new PrometheusException($"Prometheus answered {(int)response.StatusCode}");
        }
        catch (HttpRequestException e)
        {
            throw new PrometheusException($"Prometheus cannot be reached ({e.HttpRequestError})", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PrometheusException($"Prometheus did not answer within {patience.TotalSeconds} s", e);
        }
    }

    private static PrometheusSample ReadSample(JsonElement series)
    {
        var labels = series.GetProperty("metric").EnumerateObject().ToDictionary(l => l.Name, l => l.Value.GetString() ?? "", StringComparer.Ordinal);
        JsonElement value = series.GetProperty("value");
        return new PrometheusSample(labels.GetValueOrDefault("__name__", ""), labels, Number(value[1].GetString()!));
    }

    private static string Unix(DateTimeOffset time) => (time.ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>Prometheus writes infinity as Go does.</summary>
    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };
}

/// <summary>One series' value.</summary>
internal sealed record PrometheusSample(string Metric, IReadOnlyDictionary<string, string> Labels, double Value)
{
    public string Label(string name) => Labels.GetValueOrDefault(name, "");
}

/// <summary>Prometheus gave no answer.</summary>
internal sealed class PrometheusException(string message, Exception? inner = null) : Exception(message, inner);
