using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Back2Code.Authentication;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>The identity service's audit API, through the gateway of the platform of a state folder or of any other by its address.</summary>
internal sealed class AuditClient : IDisposable
{
    private const string TokenVariable = "BACK2CODE_TOKEN";

    private static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(10);

    // To the first byte of an answer. A verification goes on for as long as the chain is, and says so line by line.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http;

    private AuditClient(Uri address, string token)
    {
        _http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <exception cref="LabException">No platform runs there, or it has no gateway.</exception>
    public static async Task<AuditClient> ConnectAsync(PlatformOptions options, string user, CancellationToken cancellationToken)
    {
        using LabClient lab = await LabOptions.ConnectAsync(options, cancellationToken);
        LabStatus status = await lab.GetStatusAsync(cancellationToken);
        int port = status.Processes.FirstOrDefault(p => p.Name == "gateway")?.Port
            ?? throw new LabException("The topology has no gateway. Name the identity service with --url.");
        return new AuditClient(new Uri($"http://127.0.0.1:{port}"), Platform.CreateToken(options, user, TokenLifetime, Roles.Viewer));
    }

    /// <summary>Of a platform elsewhere; the token comes from the environment, where `ps` does not show it.</summary>
    /// <exception cref="LabException">The address or the token is missing or wrong.</exception>
    public static AuditClient Connect(string url) =>
        !Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https")
            ? throw new LabException($"--url '{url}' is not an http or https address.")
            : Environment.GetEnvironmentVariable(TokenVariable) is not { } token || string.IsNullOrWhiteSpace(token)
                ? throw new LabException($"With --url, put a bearer token into {TokenVariable}.")
                : new AuditClient(address, token.Trim());

    public async Task<JsonElement> ListAsync(string query, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync("/v1/audit?" + query, cancellationToken);
        return await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }

    /// <summary>The verdict; lines of progress go to <paramref name="progress"/>.</summary>
    /// <exception cref="LabException">The answer ended without a verdict.</exception>
    public async Task<JsonElement> VerifyAsync(Action<long> progress, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync("/v1/audit/verification", cancellationToken);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        try
        {
            while (await lines.ReadLineAsync(cancellationToken) is { } line)
            {
                using var document = JsonDocument.Parse(line);
                if (document.RootElement.TryGetProperty("intact", out _))
                {
                    return document.RootElement.Clone();
                }

                progress(document.RootElement.GetProperty("verified").GetInt64());
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or JsonException)
        {
            throw new LabException($"The verification broke off: {e.Message}", e);
        }

        throw new LabException("The verification broke off without a verdict.");
    }

    /// <summary>Copies the export.</summary>
    /// <exception cref="LabException">It broke off.</exception>
    public async Task ExportAsync(long after, Stream to, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync($"/v1/audit/export?after={after}", cancellationToken);
        try
        {
            await response.Content.CopyToAsync(to, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new LabException($"The export broke off: {e.Message}", e);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(string path, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new LabException($"The audit trail at {_http.BaseAddress} does not answer: {(e is HttpRequestException ? e.Message : $"nothing within {Patience.TotalSeconds:0} s")}", e);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            string? detail = response.Content.Headers.ContentType?.MediaType == "application/problem+json"
                && (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).TryGetProperty("detail", out JsonElement text) ? text.GetString() : null;
            throw new LabException(detail ?? (response.StatusCode == HttpStatusCode.NotFound ? $"There is no audit trail at {_http.BaseAddress}." : $"The audit trail answered {(int)response.StatusCode}."));
        }
    }
}
