using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Back2Code.Chaos.Proxy;

/// <summary>Client of Toxiproxy's HTTP API: ours or the original, save for <see cref="GetStatisticsAsync"/>. The <see cref="HttpClient"/> brings the base address and stays the caller's.</summary>
public sealed class ToxiproxyClient(HttpClient http)
{
    public async Task<IReadOnlyDictionary<string, ProxyDocument>> ListAsync(CancellationToken cancellationToken) =>
        await SendAsync<Dictionary<string, ProxyDocument>>(HttpMethod.Get, "proxies", null, cancellationToken);

    /// <summary>The proxy, or null when there is none of that name.</summary>
    public async Task<ProxyDocument?> FindAsync(string proxy, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync<ProxyDocument>(HttpMethod.Get, ProxyPath(proxy), null, cancellationToken);
        }
        catch (ToxiproxyException e) when (e.Status == 404)
        {
            return null;
        }
    }

    public Task<ProxyDocument> CreateAsync(ProxyDocument proxy, CancellationToken cancellationToken) =>
        SendAsync<ProxyDocument>(HttpMethod.Post, "proxies", proxy, cancellationToken);

    /// <summary>Creates what is missing and replaces what differs in address; a proxy that is already there as asked is left alone.</summary>
    public async Task<IReadOnlyList<ProxyDocument>> PopulateAsync(IReadOnlyList<ProxyDocument> proxies, CancellationToken cancellationToken) =>
        (await SendAsync<Populated>(HttpMethod.Post, "populate", proxies, cancellationToken)).Proxies;

    /// <summary>Disabling closes the listener and every connection.</summary>
    public Task<ProxyDocument> SetEnabledAsync(string proxy, bool enabled, CancellationToken cancellationToken) =>
        SendAsync<ProxyDocument>(HttpMethod.Patch, ProxyPath(proxy), new { enabled }, cancellationToken);

    public Task DeleteAsync(string proxy, CancellationToken cancellationToken) =>
        SendAndForgetAsync(HttpMethod.Delete, ProxyPath(proxy), null, cancellationToken);

    public Task<ToxicDocument> AddToxicAsync(string proxy, ToxicDocument toxic, CancellationToken cancellationToken) =>
        SendAsync<ToxicDocument>(HttpMethod.Post, ProxyPath(proxy) + "/toxics", toxic, cancellationToken);

    /// <summary>Changes the attributes given, and the toxicity when given.</summary>
    public Task<ToxicDocument> UpdateToxicAsync(
        string proxy, string toxic, IReadOnlyDictionary<string, AttributeValue> attributes, double? toxicity, CancellationToken cancellationToken) =>
        SendAsync<ToxicDocument>(HttpMethod.Patch, ToxicPath(proxy, toxic), new ToxicChange(attributes, toxicity), cancellationToken);

    /// <summary>False when the toxic, or its proxy, is not there.</summary>
    public async Task<bool> RemoveToxicAsync(string proxy, string toxic, CancellationToken cancellationToken)
    {
        try
        {
            await SendAndForgetAsync(HttpMethod.Delete, ToxicPath(proxy, toxic), null, cancellationToken);
            return true;
        }
        catch (ToxiproxyException e) when (e.Status == 404)
        {
            return false;
        }
    }

    /// <summary>Enables every proxy and removes every toxic.</summary>
    public Task ResetAsync(CancellationToken cancellationToken) => SendAndForgetAsync(HttpMethod.Post, "reset", null, cancellationToken);

    /// <summary>What passed, was dropped, reset and delayed. Only our proxy has this.</summary>
    public Task<ProxyStatisticsDocument> GetStatisticsAsync(string proxy, CancellationToken cancellationToken) =>
        SendAsync<ProxyStatisticsDocument>(HttpMethod.Get, ProxyPath(proxy) + "/connections", null, cancellationToken);

    public async Task<string> GetVersionAsync(CancellationToken cancellationToken) =>
        (await SendAsync<JsonElement>(HttpMethod.Get, "version", null, cancellationToken)).GetProperty("version").GetString()!;

    private static string ProxyPath(string proxy) => "proxies/" + Uri.EscapeDataString(proxy);

    private static string ToxicPath(string proxy, string toxic) => ProxyPath(proxy) + "/toxics/" + Uri.EscapeDataString(toxic);

    private async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, body, cancellationToken);
        return await response.Content.ReadFromJsonAsync<T>(cancellationToken)
            ?? throw new ToxiproxyException(0, $"{method} {path} answered null");
    }

    private async Task SendAndForgetAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken) =>
        (await SendAsync(method, path, body, cancellationToken)).Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : JsonContent.Create(body, body.GetType());
        var response = await SendInTimeAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            string text = await response.Content.ReadAsStringAsync(cancellationToken);
            throw new ToxiproxyException((int)response.StatusCode, $"{method} {path}: {ErrorOf(text)}");
        }
    }

    private async Task<HttpResponseMessage> SendInTimeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync(request, cancellationToken);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ToxiproxyException($"{request.Method} {request.RequestUri} was not answered within HttpClient.Timeout ({http.Timeout.TotalSeconds:0.#} s)", e);
        }
    }

    private static string ErrorOf(string body)
    {
        try
        {
            return JsonSerializer.Deserialize<ErrorDocument>(body)?.Error ?? body;
        }
        catch (JsonException)
        {
            return body;
        }
    }

    private sealed record Populated([property: JsonPropertyName("proxies")] IReadOnlyList<ProxyDocument> Proxies);

    private sealed record ErrorDocument([property: JsonPropertyName("error")] string Error);

    private sealed record ToxicChange(
        [property: JsonPropertyName("attributes")] IReadOnlyDictionary<string, AttributeValue> Attributes,
        [property: JsonPropertyName("toxicity"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Toxicity);
}

/// <summary>The proxy's API refused a request.</summary>
public sealed class ToxiproxyException : Exception
{
    public ToxiproxyException()
    {
    }

    public ToxiproxyException(string message)
        : base(message)
    {
    }

    public ToxiproxyException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public ToxiproxyException(int status, string message)
        : base(message) => Status = status;

    /// <summary>The HTTP status.</summary>
    public int Status { get; }
}
