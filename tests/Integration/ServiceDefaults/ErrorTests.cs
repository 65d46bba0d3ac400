using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Back2Code.Resilience;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Back2Code.IntegrationTests.ServiceDefaults;

public sealed record CreateSample([property: Required, StringLength(5, MinimumLength = 1)] string Title, int Count = 1);

public sealed class ErrorTests : IAsyncLifetime
{
    private TestService _service = null!;

    public async ValueTask InitializeAsync() => _service = await TestService.StartAsync(map: static app =>
    {
        app.MapPost("/samples", (CreateSample sample) => Results.Ok(sample));
        app.MapGet("/samples/{id:int}", (int id) => Results.Ok(id));
        app.MapGet("/by-limit", (int limit) => Results.Ok(limit));
        app.MapGet("/away", IResult () => throw new DependencyUnavailableException("postgres", DependencyUnavailableReason.CircuitOpen, TimeSpan.FromSeconds(2.2)));
        app.MapGet("/broken", IResult () => throw new InvalidOperationException("the secret inside"));
        app.MapGet("/conflict", () => Problems.Create("sample-conflict", 409, "It is at version 3; you sent 2."));
        app.MapGet("/bare", () => Results.StatusCode(418));
    });

    public async ValueTask DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task An_unavailable_dependency_is_503_with_retry_after_in_whole_seconds()
    {
        var response = await _service.Client.GetAsync("/away");

        var problem = await Problem.ReadAsync(response);
        Assert.Equal((503, "dependency-unavailable"), (problem.Status, problem.Type));
        Assert.Equal(TimeSpan.FromSeconds(3), response.Headers.RetryAfter?.Delta);
        Assert.DoesNotContain("postgres", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_of_ours_is_500_and_tells_nothing_internal()
    {
        var response = await _service.Client.GetAsync("/broken");

        var body = await response.Content.ReadAsStringAsync();
        Assert.Equal("internal-error", (await Problem.ReadAsync(response)).Type);
        Assert.DoesNotContain("secret", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_problem_made_by_an_endpoint_keeps_its_type_and_carries_the_trace_id() =>
        Assert.Equal((409, "sample-conflict"), await StatusAndType(await _service.Client.GetAsync("/conflict")));

    [Fact]
    public async Task An_unknown_address_is_a_problem() =>
        Assert.Equal((404, "not-found"), await StatusAndType(await _service.Client.GetAsync("/nowhere")));

    [Fact]
    public async Task A_wrong_method_is_a_problem_that_names_the_allowed_ones()
    {
        var response = await _service.Client.DeleteAsync("/samples");

        Assert.Equal((405, "method-not-allowed"), await StatusAndType(response));
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }

    [Fact]
    public async Task A_wrong_media_type_is_a_problem() =>
        Assert.Equal((415, "unsupported-media-type"), await StatusAndType(await _service.Client.PostAsync("/samples", new StringContent("x", Encoding.UTF8, "text/plain"))));

    [Fact]
    public async Task An_empty_error_answer_becomes_a_problem() =>
        Assert.Equal(418, (await Problem.ReadAsync(await _service.Client.GetAsync("/bare"))).Status);

    [Fact]
    public async Task A_client_that_asks_for_html_still_gets_the_problem()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/nowhere");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));

        Assert.Equal("not-found", (await Problem.ReadAsync(await _service.Client.SendAsync(request))).Type);
    }

    [Theory]
    [InlineData("{\"title\":\"abc\",\n \"count\": \"many\"}", "$.count", "line 2")]
    [InlineData("{\"title\":", "$.title", "line 1")]
    [InlineData("{\"title\":null}", "$.title", "")]
    [InlineData("{\"title\":\"a\",\"title\":\"b\"}", "$.title", "")]
    [InlineData("{}", "$.title", "missing")]
    [InlineData("[]", "$", "line 1")]
    public async Task Unreadable_json_is_400_and_says_what_and_where(string json, string member, string error)
    {
        var response = await _service.Client.PostAsync("/samples", Json(json));

        var problem = await Problem.ReadAsync(response);
        Assert.Equal((400, "bad-request"), (problem.Status, problem.Type));
        var (key, errors) = Assert.Single(problem.Errors!);
        Assert.Equal(member, key);
        Assert.Contains(error, errors[0], StringComparison.Ordinal);
        Assert.DoesNotContain("Back2Code", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_body_is_400() =>
        Assert.Equal((400, "bad-request"), await StatusAndType(await _service.Client.PostAsync("/samples", Json(""))));

    [Theory]
    [InlineData("/by-limit?limit=ten", "cannot be read")]
    [InlineData("/by-limit", "missing")]
    public async Task A_bad_parameter_is_400_and_named(string path, string error)
    {
        var problem = await Problem.ReadAsync(await _service.Client.GetAsync(path));

        Assert.Equal((400, "bad-request"), (problem.Status, problem.Type));
        Assert.Equal([error], problem.Errors!["limit"]);
    }

    [Fact]
    public async Task A_record_that_breaks_its_rules_is_400_with_the_members_named()
    {
        var problem = await Problem.ReadAsync(await _service.Client.PostAsync("/samples", Json("{\"title\":\"far too long\"}")));

        Assert.Equal((400, "validation-failed"), (problem.Status, problem.Type));
        Assert.Equal("title", Assert.Single(problem.Errors!).Key, ignoreCase: true);
    }

    [Fact]
    public async Task A_body_above_the_limit_is_413()
    {
        await using var small = await TestService.StartAsync(
            map: static app => app.MapPost("/samples", (CreateSample sample) => Results.Ok(sample)),
            settings: [new("Service:MaxRequestBodyBytes", "1024")]);

        var response = await small.Client.PostAsync("/samples", Json($"{{\"title\":\"{new string('a', 4000)}\"}}"));

        Assert.Equal((413, "body-too-large"), await StatusAndType(response));

        // Without a length in front the limit is found while reading.
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/samples") { Content = Json($"{{\"title\":\"{new string('a', 4000)}\"}}") };
        chunked.Headers.TransferEncodingChunked = true;
        Assert.Equal((413, "body-too-large"), await StatusAndType(await small.Client.SendAsync(chunked)));
    }

    [Fact]
    public async Task No_answer_names_the_server_software()
    {
        var response = await _service.Client.GetAsync("/health/live");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(response.Headers.Server);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<(int, string)> StatusAndType(HttpResponseMessage response)
    {
        var problem = await Problem.ReadAsync(response);
        return (problem.Status, problem.Type);
    }
}
