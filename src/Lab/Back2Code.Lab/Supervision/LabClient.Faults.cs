using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Supervision.Faults;

namespace Back2Code.Lab.Supervision;

/// <summary>Faults, and what they need of the supervisor.</summary>
public sealed partial class LabClient
{
    /// <summary>The processes without their use of resources, which takes the lab a look at every process of the machine.</summary>
    internal async Task<IReadOnlyList<TargetProcess>> ListProcessesAsync(CancellationToken cancellationToken) =>
        await _http.GetFromJsonAsync<List<TargetProcess>>("/v1/processes", LabJson.Options, cancellationToken) ?? throw new JsonException("The lab answered no processes.");

    /// <summary>Has the lab inject a fault, own it and end it.</summary>
    /// <exception cref="FaultException">It cannot be injected as asked; nothing stands.</exception>
    public async Task<FaultAnswer> InjectAsync(FaultOrder order, CancellationToken cancellationToken)
    {
        // Some faults take a minute to be seen. When we go away, the lab takes the fault back.
        using var response = await _patient.PostAsJsonAsync("/v1/faults", order, LabJson.Options, cancellationToken);
        return await AnswerAsync<FaultAnswer>(response, cancellationToken);
    }

    /// <returns>What was undone; null when no such fault stands.</returns>
    /// <exception cref="FaultException">It could not be undone.</exception>
    public async Task<IReadOnlyList<string>?> RemoveFaultAsync(string faultId, CancellationToken cancellationToken)
    {
        using var response = await _patient.DeleteAsync(new Uri($"/v1/faults/{Uri.EscapeDataString(faultId)}", UriKind.Relative), cancellationToken);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await AnswerAsync<List<string>>(response, cancellationToken);
    }

    internal async Task<IReadOnlyList<string>> ListWorkersAsync(CancellationToken cancellationToken) =>
        await _http.GetFromJsonAsync<List<string>>("/v1/workers", LabJson.Options, cancellationToken) ?? [];

    internal async Task<TargetProcess> StartWorkerAsync(FaultWorker worker, CancellationToken cancellationToken)
    {
        using var response = await _http.PutAsJsonAsync(
            $"/v1/workers/{Uri.EscapeDataString(worker.Id)}", new WorkerOrder(worker.Arguments, worker.Lease.TotalSeconds, worker.Environment), LabJson.Options, cancellationToken);
        return await AnswerAsync<TargetProcess>(response, cancellationToken);
    }

    internal async Task<bool> StopWorkerAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await _http.DeleteAsync(new Uri($"/v1/workers/{Uri.EscapeDataString(id)}", UriKind.Relative), cancellationToken);
        return response.StatusCode == HttpStatusCode.NoContent;
    }

    private static async Task<T> AnswerAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken) =>
        response.IsSuccessStatusCode
            ? await response.Content.ReadFromJsonAsync<T>(LabJson.Options, cancellationToken) ?? throw new JsonException("The lab answered nothing.")
            : throw new FaultException(await LabProblem.ReadDetailAsync(response, cancellationToken));
}
