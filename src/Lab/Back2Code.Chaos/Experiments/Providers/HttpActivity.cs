using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.Providers;

/// <summary>Carries out an HTTP activity and gives <c>{status, headers, body}</c>.</summary>
internal sealed class HttpActivity(HttpClient trusting, HttpClient verifying, ActivityRules rules, Action<Uri, int?> sent)
{
    // A body goes into the journal; a download must not.
    private const int MaxBodyBytes = 1024 * 1024;

    /// <exception cref="ActivityFailedException">No answer: connection error or time-out. Any status is an answer.</exception>
    public async Task<JsonNode?> RunAsync(HttpProvider provider, IReadOnlyDictionary<string, JsonNode?> values, CancellationToken cancellationToken)
    {
        var timeout = Seconds.Read(Placeholders.Fill(provider.Timeout, values)) ?? rules.HttpTimeout ?? Timeout.InfiniteTimeSpan;
        var url = Placeholders.FillText(provider.Url, values);
        for (var attempt = 0; ; attempt++)
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(timeout);
            try
            {
                using var request = Request(provider, url, values);
                using var response = await SendAsync(provider.VerifyTls && rules.VerifyTls ? verifying : trusting, request, deadline.Token);
                return await OutputAsync(response, deadline.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new ActivityFailedException($"{provider.Method} {url}: no answer within {timeout.TotalSeconds:0.###} s (provider 'timeout')");
            }
            catch (HttpRequestException e)
            {
                if (attempt >= provider.MaxRetries)
                {
                    throw new ActivityFailedException($"{provider.Method} {url}: {e.Message}", e);
                }
            }
            catch (IOException e)
            {
                throw new ActivityFailedException($"{provider.Method} {url}: the answer broke off: {e.Message}", e);
            }
            catch (Exception e) when (e is FormatException or NotSupportedException or ArgumentException or InvalidOperationException)
            {
                throw new ActivityFailedException($"{provider.Method} '{url}' cannot be asked: {e.Message}", e);
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        int? status = null;
        try
        {
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            status = (int)response.StatusCode;
            return response;
        }
        finally
        {
            sent(request.RequestUri!, status);
        }
    }

    private HttpRequestMessage Request(HttpProvider provider, string url, IReadOnlyDictionary<string, JsonNode?> values)
    {
        var arguments = Placeholders.Fill(provider.Arguments, values);
        if (provider.Method == "GET" && arguments is JsonObject query && query.Count > 0)
        {
            url += (url.Contains('?', StringComparison.Ordinal) ? "&" : "?") + Encoded(query);
            arguments = null;
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri))
        {
            throw new UriFormatException("expected http://host:port/path");
        }

        var request = new HttpRequestMessage(new HttpMethod(provider.Method), uri);
        var written = Placeholders.Fill(provider.Headers, values) as JsonObject ?? [];
        var headers = written.ToDictionary(h => h.Key, h => Placeholders.AsText(h.Value), StringComparer.OrdinalIgnoreCase);
        if (arguments is not null && provider.Method != "GET")
        {
            request.Content = Content(arguments, headers.GetValueOrDefault("Content-Type"), isWrittenExactly: written.ContainsKey("Content-Type"));
        }

        foreach (var (name, value) in headers.Where(h => !h.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    private StringContent Content(JsonNode arguments, string? contentType, bool isWrittenExactly)
    {
        var (text, type) = arguments switch
        {
            _ when contentType is not null && IsJson(contentType, isWrittenExactly) => (arguments.ToJsonString(), contentType),
            JsonObject form => (Encoded(form), contentType ?? "application/x-www-form-urlencoded"),
            _ => (Placeholders.AsText(arguments), contentType ?? "text/plain"),
        };
        var content = new StringContent(text, Encoding.UTF8);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }

    /// <summary>The reference encodes as JSON only for exactly <c>Content-Type: application/json</c>; case means nothing in a header and frameworks add a charset, so that rule helps nobody.</summary>
    private bool IsJson(string contentType, bool isWrittenExactly) =>
        rules.Compat ? isWrittenExactly && contentType == "application/json" : MediaTypeHeaderValue.TryParse(contentType, out var media) && media.MediaType is "application/json";

    private static string Encoded(JsonObject map) =>
        string.Join('&', map.Select(entry => $"{Uri.EscapeDataString(entry.Key)}={Uri.EscapeDataString(Placeholders.AsText(entry.Value))}"));

    private async Task<JsonNode?> OutputAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var headers = new JsonObject();
        foreach (var header in response.Headers.Concat(response.Content.Headers))
        {
            headers[header.Key] = string.Join(", ", header.Value);
        }

        var text = await BoundedBody.ReadAsync(response.Content, MaxBodyBytes, cancellationToken);
        return new JsonObject
        {
            ["status"] = (int)response.StatusCode,
            ["headers"] = headers,
            ["body"] = IsParsed(response.Content.Headers.ContentType) ? ParsedOrText(text) : JsonValue.Create(text),
        };
    }

    private bool IsParsed(MediaTypeHeaderValue? type) => type is not null && (rules.Compat
        ? type.ToString() == "application/json"
        : type.MediaType is { } media && (media == "application/json" || media.EndsWith("+json", StringComparison.Ordinal)));

    private static JsonNode? ParsedOrText(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}

/// <summary>Durations as the format writes them.</summary>
internal static class Seconds
{
    /// <summary>A number, numeric text, or a list of numbers to add up; null when it is none of these or not positive.</summary>
    public static TimeSpan? Read(JsonNode? node)
    {
        var seconds = node is JsonArray parts ? parts.Sum(p => Tolerances.Values.AsNumber(p) ?? 0) : Tolerances.Values.AsNumber(node);
        return seconds is > 0 and < 86_400 ? TimeSpan.FromSeconds(seconds.Value) : null;
    }

    public static string Text(TimeSpan value) => value.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
}
