using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments;

/// <summary>
/// Reads secrets from HashiCorp Vault over its HTTP API. Where it is and who asks comes from the configuration, with the reference's names:
/// <c>vault_addr</c>, then <c>vault_token</c>, or <c>vault_role_id</c> and <c>vault_role_secret</c>, or <c>vault_sa_role</c>.
/// </summary>
internal sealed class VaultClient(IReadOnlyDictionary<string, JsonNode?> configuration) : IDisposable
{
    private const string ServiceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = 1024 * 1024 };
    private string? _token;

    /// <exception cref="ExperimentSettingsException">The vault cannot be asked, or has no such secret.</exception>
    public async Task<JsonNode?> ReadAsync(MappingNode entry, string what, CancellationToken cancellationToken)
    {
        var path = entry.Find("path")!.Value.ToJson()!.ToString().Trim('/');
        var mount = Setting("vault_secrets_mount_point") ?? "secret";
        var isVersion2 = (Setting("vault_kv_version") ?? "2") == "2";
        try
        {
            _token ??= await LogInAsync(what, cancellationToken);
            var answer = await SendAsync(HttpMethod.Get, $"{mount}/{(isVersion2 ? "data/" : "")}{path}", body: null, _token, what, cancellationToken);
            var data = isVersion2 ? answer?["data"]?["data"] : answer?["data"];
            if (entry.Find("key")?.Value.ToJson()?.ToString() is not { } key)
            {
                return data?.DeepClone() ?? throw new ExperimentSettingsException($"{what}: the vault has nothing at {path}");
            }

            return data?[key]?.DeepClone() ?? throw new ExperimentSettingsException($"{what}: the vault's secret {path} has no key '{key}'");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or InvalidOperationException or IOException or UriFormatException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ExperimentSettingsException($"{what}: the vault cannot be asked: {e.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> LogInAsync(string what, CancellationToken cancellationToken)
    {
        if (Setting("vault_token") is { } token)
        {
            return token;
        }

        var (path, body) = (Setting("vault_role_id"), Setting("vault_sa_role")) switch
        {
            ({ } role, _) => ("auth/approle/login", new JsonObject { ["role_id"] = role, ["secret_id"] = Setting("vault_role_secret") }),
            (_, { } role) => (
                $"auth/{Setting("vault_k8s_mount_point") ?? "kubernetes"}/login",
                new JsonObject { ["role"] = role, ["jwt"] = (await File.ReadAllTextAsync(ServiceAccountToken, cancellationToken)).Trim() }),
            _ => throw new ExperimentSettingsException($"{what} comes from a vault; the configuration needs vault_token, or vault_role_id and vault_role_secret, or vault_sa_role"),
        };
        var answer = await SendAsync(HttpMethod.Post, path, body, token: null, what, cancellationToken);
        return answer?["auth"]?["client_token"]?.ToString() ?? throw new ExperimentSettingsException($"{what}: the vault gave no token");
    }

    private async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonObject? body, string? token, string what, CancellationToken cancellationToken)
    {
        var address = Setting("vault_addr") ?? throw new ExperimentSettingsException($"{what} comes from a vault; the configuration needs vault_addr");
        using var request = new HttpRequestMessage(method, new Uri($"{address.TrimEnd('/')}/v1/{path}"));
        request.Headers.Add("X-Vault-Request", "true");
        if (token is not null)
        {
            request.Headers.Add("X-Vault-Token", token);
        }

        if (Setting("vault_namespace") is { } space)
        {
            request.Headers.Add("X-Vault-Namespace", space);
        }

        request.Content = body is null ? null : JsonContent.Create(body);
        using var response = await _http.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw new ExperimentSettingsException($"{what}: the vault answered {(int)response.StatusCode} for {path}");
        }

        return await response.Content.ReadFromJsonAsync<JsonNode>(cancellationToken);
    }

    private string? Setting(string key) => configuration.TryGetValue(key, out var value) && value is not null ? Placeholders.AsText(value) : null;
}
