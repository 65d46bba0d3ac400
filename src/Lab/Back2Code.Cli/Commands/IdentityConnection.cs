using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Back2Code.Authentication;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>The identity service, through the gateway of the platform of a state folder or of any other by its address.</summary>
internal sealed class IdentityConnection : IDisposable
{
    private const string TokenVariable = "BACK2CODE_TOKEN";

    private static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(10);

    // To the first byte of an answer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http;

    private IdentityConnection(Uri address, string token)
    {
        _http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <exception cref="LabException">No platform runs there, or it has no gateway.</exception>
    public static async Task<IdentityConnection> ConnectAsync(PlatformOptions options, string user, string role, CancellationToken cancellationToken)
    {
        using LabClient lab = await LabOptions.ConnectAsync(options, cancellationToken);
        LabStatus status = await lab.GetStatusAsync(cancellationToken);
        int port = status.Processes.FirstOrDefault(p => p.Name == "gateway")?.Port
            ?? throw new LabException("The topology has no gateway. Name the identity service with --url.");
        return new IdentityConnection(new Uri($"http://127.0.0.1:{port}"), Platform.CreateToken(options, user, TokenLifetime, role));
    }

    /// <summary>Of a platform elsewhere; the token comes from the environment, where `ps` does not show it.</summary>
    /// <exception cref="LabException">The address or the token is missing or wrong.</exception>
    public static IdentityConnection Connect(string url) =>
        !Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https")
            ? throw new LabException($"--url '{url}' is not an http or https address.")
            : Environment.GetEnvironmentVariable(TokenVariable) is not { } token || string.IsNullOrWhiteSpace(token)
                ? throw new LabException($"With --url, put a bearer token into {TokenVariable}.")
                : new IdentityConnection(address, token.Trim());

    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, path, body: null, cancellationToken);
        return await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }

    /// <param name="body">Sent as JSON; null for none.</param>
    public async Task<JsonElement> ChangeAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(method, path, body, cancellationToken);
        return await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }

    /// <summary>An answer of success, whose body is still to be read.</summary>
    /// <exception cref="LabException">Any other, in its own words.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        using HttpRequestMessage request = new(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new LabException($"The identity service at {_http.BaseAddress} does not answer: {(e is HttpRequestException ? e.Message : $"nothing within {Patience.TotalSeconds:0} s")}", e);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw new LabException(await ExplainAsync(response, cancellationToken) ?? (response.StatusCode == HttpStatusCode.NotFound
                ? $"There is no identity service at {_http.BaseAddress}, or an older one."
                : $"The identity service answered {(int)response.StatusCode}."));
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Problem details are written for people; those of a body that breaks rules name each one.</summary>
    private static async Task<string?> ExplainAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return null;
        }

        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        if (problem.TryGetProperty("errors", out JsonElement errors) && errors.ValueKind == JsonValueKind.Object)
        {
            return string.Join(' ', errors.EnumerateObject().SelectMany(static member => member.Value.EnumerateArray()).Select(static text => text.GetString()));
        }

        return problem.TryGetProperty("detail", out JsonElement detail) ? detail.GetString() : null;
    }
}
