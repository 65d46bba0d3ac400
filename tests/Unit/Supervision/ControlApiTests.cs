using System.Net;
using System.Text.Json;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Supervision.Faults;

namespace Back2Code.UnitTests.Supervision;

/// <summary>Bodies that the control API must refuse, each with the place.</summary>
public sealed class ControlApiTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("POST /v1/faults", """{"type": "process.kill", "target": "redis"}""", "$.parameters")]
    [InlineData("POST /v1/faults", """{"type": "process.kill", "target": "redis", "parameters": {"downFor": null}}""", "$.parameters['downFor']")]
    [InlineData("POST /v1/faults", """{"type": "process.kill", "target": "redis", "parameters": {"downFor": 5}}""", "$.parameters.downFor")]
    [InlineData("POST /v1/faults", """{"target": "redis", "parameters": {}}""", "$.type")]
    [InlineData("POST /v1/faults", """{"type": "process.kill", "parameters": {}}""", "$.target")]
    [InlineData("POST /v1/faults", """{"type": "process.kill", "target": "redis", "parameters": {}, "for": "soon"}""", "$.for")]
    [InlineData("POST /v1/faults", "null", "$")]
    [InlineData("POST /v1/faults", "", "$")]
    [InlineData("POST /v1/faults", """{"type": """, "$.type")]
    [InlineData("PUT /v1/workers/w", """{"arguments": ["cpu"], "leaseSeconds": 1e300}""", "$.leaseSeconds")]
    [InlineData("PUT /v1/workers/w", """{"arguments": ["cpu"], "leaseSeconds": 1e999}""", "$.leaseSeconds")]
    [InlineData("PUT /v1/workers/w", """{"arguments": ["cpu"], "leaseSeconds": -1}""", "$.leaseSeconds")]
    [InlineData("PUT /v1/workers/w", """{"arguments": null, "leaseSeconds": 1}""", "$.arguments")]
    [InlineData("PUT /v1/workers/w", """{"arguments": [null], "leaseSeconds": 1}""", "$.arguments")]
    [InlineData("PUT /v1/workers/w", """{"arguments": ["cpu"], "leaseSeconds": 1, "environment": {"A=": "1"}}""", "$.environment['A=']")]
    [InlineData("PUT /v1/processes/redis/hold", """{"seconds": 3601}""", "$.seconds")]
    [InlineData("PUT /v1/processes/redis/hold", """{"seconds": "x"}""", "$.seconds")]
    [InlineData("PUT /v1/processes/redis/hold", """[]""", "$")]
    [InlineData("PUT /v1/processes/redis/override", """{"environment": {}}""", "$.environment")]
    [InlineData("PUT /v1/processes/redis/override", """{"environment": {"A": "\u0000"}}""", "$.environment['A']")]
    [InlineData("POST /v1/gateway", """{"command": "show info; shutdown sessions"}""", "$.command")]
    [InlineData("POST /v1/gateway", """{"command": null}""", "$.command")]
    public async Task A_wrong_body_is_refused_with_its_place(string call, string body, string path)
    {
        await using var api = await ControlApiUnderTest.StartAsync();

        var (status, text) = await api.SendAsync(call, body);

        var problem = JsonElement.Parse(text);
        Assert.Equal((HttpStatusCode.BadRequest, path), (status, problem.GetProperty("path").GetString()));
        Assert.StartsWith(path, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Back2Code", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_without_end_is_not_read()
    {
        await using var api = await ControlApiUnderTest.StartAsync();

        var (status, text) = await api.SendAsync("POST /v1/faults", "{\"type\": \"" + new string('x', 300_000) + "\"}");

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "$"), (status, JsonElement.Parse(text).GetProperty("path").GetString()));
    }

    [Fact]
    public async Task A_right_body_does_its_work()
    {
        await using var api = await ControlApiUnderTest.StartAsync();

        Assert.Equal(HttpStatusCode.NoContent, (await api.SendAsync("PUT /v1/processes/redis/hold", """{"seconds": 1}""")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await api.SendAsync("PUT /v1/processes/redis/override", """{"environment": {"A": "1", "B": null}}""")).Status);
        Assert.Equal(HttpStatusCode.BadGateway, (await api.SendAsync("POST /v1/gateway", """{"command": "show info"}""")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await api.SendAsync("PUT /v1/processes/rediss/hold", """{"seconds": 1}""")).Status);
    }

    [Fact]
    public async Task The_client_tells_what_the_refusal_says_and_no_more()
    {
        await using var api = await ControlApiUnderTest.StartAsync();
        using var client = api.Client();

        var error = await Assert.ThrowsAsync<FaultException>(() => client.InjectAsync(new FaultOrder("process.freeze", "rediss", new Dictionary<string, string>(), null), Cancellation));

        Assert.Equal("No process is called 'rediss'. There are: redis.", error.Message);
    }
}
