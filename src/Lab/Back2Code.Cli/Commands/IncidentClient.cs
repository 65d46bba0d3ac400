using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Back2Code.Authentication;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>Monitoring's incident API, of the platform of a state folder or of any other by its address.</summary>
internal sealed class IncidentClient : IDisposable
{
    private const string TokenVariable = "BACK2CODE_TOKEN";

    // Enough pages to find any prefix that a person would still type from a screen.
    private const int MaximumPages = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(10);

    private readonly HttpClient _http;

    private IncidentClient(Uri address, string token)
    {
        _http = new HttpClient { BaseAddress = address, Timeout = Patience };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Of the platform that runs on a state folder: directly, because the gateway may be what is broken.</summary>
    /// <exception cref="LabException">None runs there.</exception>
    public static async Task<IncidentClient> ConnectAsync(PlatformOptions options, string user, CancellationToken cancellationToken)
    {
        using LabClient lab = await LabClient.TryConnectAsync(options.EffectiveStateDirectory, cancellationToken)
            ?? throw new LabException($"No platform runs on {options.EffectiveStateDirectory}. Start one with `back2code up`, or name another with --url.");
        LabStatus status = await lab.GetStatusAsync(cancellationToken);
        int port = status.Processes.FirstOrDefault(p => p.Name == "monitoring")?.Port
            ?? throw new LabException("The topology has no monitoring; it keeps the incidents.");
        return new IncidentClient(new Uri($"http://127.0.0.1:{port}"), Platform.CreateToken(options, user, TokenLifetime, Roles.Operator));
    }

    /// <summary>Of a platform elsewhere; the token comes from the environment, where `ps` does not show it.</summary>
    /// <exception cref="LabException">The address or the token is missing or wrong.</exception>
    public static IncidentClient Connect(string url)
    {
        string? token = Environment.GetEnvironmentVariable(TokenVariable);
        return !Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https")
            ? throw new LabException($"--url '{url}' is not an http or https address.")
            : string.IsNullOrWhiteSpace(token)
                ? throw new LabException($"With --url, put a bearer token into {TokenVariable}.")
                : new IncidentClient(address, token.Trim());
    }

    public Task<JsonElement> ListAsync(string? status, int limit, CancellationToken cancellationToken) =>
        GetAsync($"/v1/incidents?limit={limit}{(status is null ? "" : $"&state={Uri.EscapeDataString(status)}")}", cancellationToken);

    public Task<JsonElement> GetAsync(Guid id, CancellationToken cancellationToken) => GetAsync($"/v1/incidents/{id}", cancellationToken);

    public async Task<string> PostmortemAsync(Guid id, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, $"/v1/incidents/{id}/postmortem"), cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object body, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        using HttpResponseMessage response = await SendAsync(request, cancellationToken);
        return await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }

    /// <summary>`latest`, a whole id, or as much of its end as a person reads off the table.</summary>
    /// <exception cref="LabException">None matches, or several do.</exception>
    public async Task<Guid> ResolveAsync(string text, CancellationToken cancellationToken)
    {
        if (Guid.TryParse(text, out Guid id))
        {
            return id;
        }

        if (text == "latest")
        {
            JsonElement newest = await ListAsync(null, 1, cancellationToken);
            return newest.GetProperty("items").EnumerateArray().Select(i => (Guid?)i.GetProperty("id").GetGuid()).FirstOrDefault()
                ?? throw new LabException("There are no incidents.");
        }

        if (text.Length < 4 || !text.All(c => char.IsAsciiHexDigit(c) || c == '-'))
        {
            throw new LabException($"'{text}' is no incident: give an id, four or more of its last characters, or `latest`.");
        }

        var found = new List<Guid>();
        string? cursor = null;
        for (int page = 0; page < MaximumPages; page++)
        {
            JsonElement answer = await GetAsync($"/v1/incidents?limit=100{(cursor is null ? "" : $"&cursor={cursor}")}", cancellationToken);
            found.AddRange(answer.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetGuid())
                .Where(i => i.ToString().EndsWith(text, StringComparison.OrdinalIgnoreCase)));
            cursor = answer.GetProperty("next").GetString();
            if (cursor is null)
            {
                break;
            }
        }

        return found switch
        {
            [var only] => only,
            [] => throw new LabException($"No incident ends with '{text}'; see `back2code incident list`."),
            _ => throw new LabException($"{found.Count} incidents end with '{text}'; give more characters."),
        };
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        return await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            HttpResponseMessage response;
            try
            {
                response = await _http.SendAsync(request, cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                throw new LabException($"Monitoring at {_http.BaseAddress} does not answer: {(e is HttpRequestException ? e.Message : $"nothing within {Patience.TotalSeconds:0} s")}", e);
            }

            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                throw new LabException(await ExplainAsync(response, cancellationToken));
            }
        }
    }

    /// <summary>Problem details are written for people.</summary>
    private static async Task<string> ExplainAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        string? detail = null;
        if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
        {
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            detail = problem.TryGetProperty("detail", out JsonElement text) ? text.GetString() : null;
        }

        return detail ?? (response.StatusCode == HttpStatusCode.Unauthorized ? "Monitoring does not accept the token." : $"Monitoring answered {(int)response.StatusCode}.");
    }
}
