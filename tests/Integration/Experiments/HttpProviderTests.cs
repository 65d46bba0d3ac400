using Back2Code.Chaos.Experiments;

namespace Back2Code.IntegrationTests.Experiments;

/// <summary>Where the letter of the reference and what helps differ.</summary>
public sealed class HttpProviderTests(ExperimentServer server) : IClassFixture<ExperimentServer>, IDisposable
{
    private readonly ExperimentBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData("json-plain", true, "{\"a\":1}")]
    [InlineData("json-plain", false, "{\"a\":1}")]
    [InlineData("json-charset", true, "\"{\\u0022a\\u0022: 1}\"")]
    [InlineData("json-charset", false, "{\"a\":1}")]
    public async Task A_body_is_parsed_by_its_content_type(string path, bool compat, string body) =>
        Assert.Equal(body, (await OutputAsync($"{{type: http, url: '${{url}}/{path}'}}", compat))!["body"]!.ToJsonString());

    [Theory]
    [InlineData("Content-Type: application/json", true, "{\"a\":1}", "application/json")]
    [InlineData("Content-Type: application/json", false, "{\"a\":1}", "application/json")]
    [InlineData("content-type: application/json", true, "a=1", "application/json")]
    [InlineData("content-type: application/json", false, "{\"a\":1}", "application/json")]
    [InlineData("Content-Type: 'application/json; charset=utf-8'", true, "a=1", "application/json; charset=utf-8")]
    [InlineData("Content-Type: 'application/json; charset=utf-8'", false, "{\"a\":1}", "application/json; charset=utf-8")]
    public async Task Arguments_are_encoded_by_their_content_type(string header, bool compat, string body, string type)
    {
        var echo = (await OutputAsync($"{{type: http, url: '${{url}}/echo', method: POST, headers: {{{header}}}, arguments: {{a: 1}}}}", compat))!["body"]!;
        var fields = echo is System.Text.Json.Nodes.JsonObject ? echo : System.Text.Json.Nodes.JsonNode.Parse(echo.GetValue<string>())!;

        Assert.Equal((body, type), (fields["body"]!.GetValue<string>(), fields["type"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_process_is_left_as_written_when_there_is_nothing_to_fill_in_as_in_the_reference()
    {
        const string Text = """{"title": "t", "description": "d", "method": [{"type": "action", "name": "a", "provider": {"type": "process", "path": "echo", "arguments": ["$$x"]}}]}""";

        var outputs = new List<string>();
        foreach (var compat in new[] { true, false })
        {
            var experiment = ExperimentFile.Parse(Text, "x.json", DocumentFormat.Json, new ExperimentRules { Compat = compat });
            var outcome = await ExperimentRunner.RunAsync(experiment, new ExperimentOptions { Compat = compat }, TimeProvider.System, TestContext.Current.CancellationToken);
            outputs.Add(outcome.Journal.Run[0].Output!["stdout"]!.GetValue<string>());
        }

        Assert.Equal(["$$x\n", "$x\n"], outputs);
    }

    private async Task<System.Text.Json.Nodes.JsonNode?> OutputAsync(string provider, bool compat)
    {
        var (_, journal) = await _bench.RunAsync($"method: [{{type: probe, name: p, provider: {provider}}}]", server, new ExperimentOptions { Compat = compat });
        return journal["run"]![0]!["output"];
    }
}
