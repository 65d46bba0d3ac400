using System.Net.Http.Headers;
using System.Net.Http.Json;
using Back2Code.Authentication;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Drills;

/// <summary>
/// Tells monitoring, when a drill is over, what had been broken and when. Until then it must find out by itself; afterwards its incidents know their
/// beginning, and their mean times count from it. A drill does not fail because of it.
/// </summary>
internal static class FaultRevelation
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(5);

    public static async Task TellAsync(Platform platform, DrillRecord record, CancellationToken cancellationToken)
    {
        if (record.Receipts.Count == 0)
        {
            return;
        }

        try
        {
            var status = await platform.Client.GetStatusAsync(cancellationToken);
            if (status.Processes.FirstOrDefault(p => p.Name == "monitoring")?.Port is not { } port)
            {
                return;
            }

            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Patience };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", platform.CreateToken("lab", TokenLifetime, Roles.Operator));
            foreach (var receipt in record.Receipts)
            {
                await PostAsync(http, "fault.injected", receipt.InjectedAt, $"drill {record.Drill.Name}: {receipt.Type} on {receipt.Target}", cancellationToken);
            }

            if (record.FaultEndedAt is { } endedAt)
            {
                await PostAsync(http, "fault.ended", endedAt, $"drill {record.Drill.Name}: every fault has ended", cancellationToken);
            }
        }
        catch (Exception e) when (e is HttpRequestException or LabException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            record.Notes.Add($"Monitoring could not be told what was broken, so its incident has no mean times: {e.Message}");
        }
    }

    private static async Task PostAsync(HttpClient http, string kind, DateTimeOffset at, string text, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync("/v1/incidents/events", new { kind, at, text }, cancellationToken);
        response.EnsureSuccessStatusCode();
    }
}
