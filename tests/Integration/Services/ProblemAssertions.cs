using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Back2Code.IntegrationTests.Services;

internal static class ProblemAssertions
{
    /// <summary>RFC 9457, with the platform's stable type and a trace id.</summary>
    /// <returns>The document, for what else it should say.</returns>
    public static async Task<JsonElement> IsProblemAsync(this HttpResponseMessage response, HttpStatusCode status, string id)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal("urn:back2code:problem:" + id, problem.GetProperty("type").GetString());
        Assert.Matches("^[0-9a-f]{32}$", problem.GetProperty("traceId").GetString());
        return problem;
    }
}
