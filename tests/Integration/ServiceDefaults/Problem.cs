using System.Net.Http.Json;
using System.Text.Json;

namespace Back2Code.IntegrationTests.ServiceDefaults;

/// <summary>A problem answer as a client sees it.</summary>
internal sealed record Problem(int Status, string Type, string Title, string? Detail, string TraceId, Dictionary<string, string[]>? Errors)
{
    public static async Task<Problem> ReadAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<Problem>(JsonSerializerOptions.Web);
        Assert.NotNull(problem);
        Assert.Equal((int)response.StatusCode, problem.Status);
        Assert.Matches("^[0-9a-f]{32}$", problem.TraceId);
        Assert.NotEmpty(problem.Title);
        return problem with { Type = problem.Type.Replace("urn:back2code:problem:", "", StringComparison.Ordinal) };
    }
}
