using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Back2Code.IntegrationTests.Services;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.IntegrationTests.Notes;

public sealed class SurfaceTests(NotesFixture notes) : IClassFixture<NotesFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/v1/notes")]
    [InlineData("POST", "/v1/notes")]
    [InlineData("GET", "/v1/notes/0190163d-8694-739b-aea5-966c26f8ad91")]
    [InlineData("PUT", "/v1/notes/0190163d-8694-739b-aea5-966c26f8ad91")]
    [InlineData("DELETE", "/v1/notes/0190163d-8694-739b-aea5-966c26f8ad91")]
    public async Task Nobody_gets_in_without_a_token(string method, string path)
    {
        using var client = notes.Application.Anonymous();

        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancellation);

        await response.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.First().Scheme);
    }

    [Fact]
    public void Only_machines_that_watch_the_service_are_let_in_unknown()
    {
        var open = notes.Application.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IAuthorizeData>() is null || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/'));

        Assert.Equal(
            ["/health/live", "/health/ready", "/health/startup", "/metrics", "/openapi/{documentName}.json", "/slo"], open.Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_OpenAPI_document_describes_every_operation_and_its_answers()
    {
        using var client = notes.Application.Anonymous();

        var document = await client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Cancellation);

        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var answers = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation =>
                $"{operation.Name} {path.Name}: {string.Join(' ', operation.Value.GetProperty("responses").EnumerateObject().Select(answer => answer.Name).Order())}"));
        Assert.Equal(
            [
                "delete /v1/notes/{id}: 204 401 403 404 503",
                "get /v1/notes/export/{userId}: 200 401 403 503",
                "get /v1/notes/export: 200 401 403 503",
                "get /v1/notes/{id}: 200 304 401 403 404 503",
                "get /v1/notes: 200 400 401 403 503",
                "post /v1/notes: 201 400 401 403 422 503",
                "put /v1/notes/{id}: 200 400 401 403 404 409 503",
            ],
            answers.Order(StringComparer.Ordinal));
    }
}
