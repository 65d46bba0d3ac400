using System.Text.Json;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>The identity service's audit API.</summary>
internal sealed class AuditClient(IdentityConnection identity)
{
    public Task<JsonElement> ListAsync(string query, CancellationToken cancellationToken) => identity.GetAsync("/v1/audit?" + query, cancellationToken);

    /// <summary>The verdict; lines of progress go to <paramref name="progress"/>.</summary>
    /// <exception cref="LabException">The answer ended without a verdict.</exception>
    public async Task<JsonElement> VerifyAsync(Action<long> progress, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await identity.SendAsync(HttpMethod.Get, "/v1/audit/verification", body: null, cancellationToken);
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
        using HttpResponseMessage response = await identity.SendAsync(HttpMethod.Get, $"/v1/audit/export?after={after}", body: null, cancellationToken);
        try
        {
            await response.Content.CopyToAsync(to, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new LabException($"The export broke off: {e.Message}", e);
        }
    }
}
