using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Back2Code.Lab.GameDays;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>The operator's side of the game day that runs on a state folder.</summary>
internal sealed class GameDayClient : IDisposable
{
    private readonly HttpClient _http;

    private GameDayClient(GameDayFile file)
    {
        _http = new HttpClient { BaseAddress = new Uri(file.Url), Timeout = TimeSpan.FromSeconds(10) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", file.Token);
    }

    /// <exception cref="LabException">None runs there.</exception>
    public static GameDayClient Connect(PlatformOptions options) => new(
        GameDayFile.TryRead(options.EffectiveStateDirectory)
        ?? throw new LabException($"No game day runs on {options.EffectiveStateDirectory}. Start one with `back2code gameday start`."));

    /// <exception cref="LabException">It does not answer.</exception>
    public async Task<JsonElement> GetStatusAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _http.GetFromJsonAsync<JsonElement>(new Uri("/v1/gameday", UriKind.Relative), cancellationToken);
        }
        catch (Exception e) when (IsNoAnswer(e, cancellationToken))
        {
            throw new LabException($"The game day does not answer: {e.Message}", e);
        }
    }

    /// <exception cref="LabException">It was not recorded; the message says why.</exception>
    public async Task<JsonElement> PostAsync(string route, object body, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.PostAsJsonAsync($"/v1/gameday/{route}", body, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            var answer = text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
            return response.IsSuccessStatusCode ? answer
                : throw new LabException(answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("detail", out var detail) ? detail.GetString()! : $"The game day answered {(int)response.StatusCode}.");
        }
        catch (Exception e) when (IsNoAnswer(e, cancellationToken))
        {
            throw new LabException($"The game day does not answer: {e.Message}", e);
        }
    }

    public void Dispose() => _http.Dispose();

    private static bool IsNoAnswer(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
