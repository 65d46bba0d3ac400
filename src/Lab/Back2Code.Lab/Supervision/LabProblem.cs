using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Back2Code.Lab.Supervision;

/// <summary>Refusals of the lab's own APIs, as RFC 9457 problems.</summary>
internal static class LabProblem
{
    private const string MediaType = "application/problem+json";

    /// <param name="path">JSON path of the value in the body that is at fault; null when it is not the body.</param>
    public static async Task WriteAsync(HttpContext context, int status, string detail, string? path = null, string? title = null)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(
            new Problem(title ?? ReasonPhrases.GetReasonPhrase(status), status, detail, path), LabJson.Sparse, MediaType, context.RequestAborted);
    }

    /// <summary>What a refusal says, for whoever asked.</summary>
    public static async Task<string> ReadDetailAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.Content.Headers.ContentType?.MediaType == MediaType && JsonSerializer.Deserialize<Problem>(text, LabJson.Options) is { } problem ? problem.Detail : text;
    }

    private sealed record Problem(string Title, int Status, string Detail, string? Path);
}
