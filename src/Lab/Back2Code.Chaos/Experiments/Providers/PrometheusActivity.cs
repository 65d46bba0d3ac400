using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.Providers;

/// <summary>Asks Prometheus for one number.</summary>
internal sealed class PrometheusActivity(HttpClient http)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    // One number does not need more, and an address that is no Prometheus may send anything.
    private const int MaxAnswerBytes = 1024 * 1024;

    public Task<JsonNode?> RunAsync(PromqlProvider provider, IReadOnlyDictionary<string, JsonNode?> values, CancellationToken cancellationToken) =>
        AskAsync(Placeholders.FillText(provider.Prometheus, values), Placeholders.FillText(provider.Query, values), Timeout(provider, values), cancellationToken);

    public Task<JsonNode?> RunAsync(SloProvider provider, IReadOnlyDictionary<string, JsonNode?> values, CancellationToken cancellationToken)
    {
        var slo = Placeholders.FillText(provider.Slo, values);
        var window = Placeholders.FillText(provider.Window, values);
        if (!SloSeries.IsName(slo) || !SloSeries.IsWindow(window))
        {
            throw new ActivityFailedException($"'{slo}' is not the name of an SLO, or '{window}' not that of a window");
        }

        return AskAsync(Placeholders.FillText(provider.Prometheus, values), SloSeries.Of(slo, provider.Measure, window), Timeout(provider, values), cancellationToken);
    }

    /// <returns>The number, or text for what JSON has no number for (NaN, +Inf); null when there is no series.</returns>
    /// <exception cref="ActivityFailedException">No answer, an error of Prometheus, or more than one series.</exception>
    public async Task<JsonNode?> AskAsync(string prometheus, string query, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate($"{prometheus.TrimEnd('/')}/api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw new ActivityFailedException($"'{prometheus}' is not the address of a Prometheus; give the provider 'prometheus: http://host:port', or the run --var prometheus=http://host:port");
        }

        var limit = timeout ?? DefaultTimeout;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            using var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            var text = await BoundedBody.ReadAsync(response.Content, MaxAnswerBytes, deadline.Token);
            return Read(JsonNode.Parse(text), query);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ActivityFailedException($"Prometheus at {prometheus}: no answer within {Seconds.Text(limit)} s");
        }
        catch (HttpRequestException e)
        {
            throw new ActivityFailedException($"Prometheus at {prometheus}: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ActivityFailedException($"what answers at {prometheus} is no Prometheus: {e.Message}", e);
        }
    }

    private static JsonValue? Read(JsonNode? answer, string query)
    {
        if (answer?["status"]?.ToString() != "success")
        {
            throw new ActivityFailedException($"Prometheus refused '{query}': {answer?["error"] ?? "no reason given"}");
        }

        var data = answer["data"];
        switch (data?["resultType"]?.ToString())
        {
            case "scalar":
                return Number(data["result"]?[1]);
            case "vector" when data["result"] is JsonArray { Count: <= 1 } series:
                return series.Count == 0 ? null : Number(series[0]?["value"]?[1]);
            case "vector":
                throw new ActivityFailedException($"'{query}' gives {data["result"]!.AsArray().Count} series; expected one: sum(), max() or a selector makes it one");
            case var other:
                throw new ActivityFailedException($"'{query}' gives a {other ?? "nothing"}; expected a number or one series");
        }
    }

    private static JsonValue? Number(JsonNode? sample) =>
        sample?.ToString() is not { } text ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? JsonValue.Create(number)
        : JsonValue.Create(text);

    private static TimeSpan? Timeout(Provider provider, IReadOnlyDictionary<string, JsonNode?> values) => Seconds.Read(Placeholders.Fill(provider.Timeout, values));
}
