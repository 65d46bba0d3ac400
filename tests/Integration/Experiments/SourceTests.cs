using System.Diagnostics;
using Back2Code.Chaos.Experiments;

namespace Back2Code.IntegrationTests.Experiments;

/// <summary>Experiments from the network.</summary>
public sealed class SourceTests(ExperimentServer server) : IClassFixture<ExperimentServer>
{
    private const string Yaml = "title: t\ndescription: d\nmethod: []\n";
    private const string Json = """{"title": "t", "description": "d", "method": []}""";

    [Theory]
    [InlineData(Json, "application/json")]
    [InlineData(Json, "application/json; charset=utf-8")]
    [InlineData(Yaml, "application/x-yaml")]
    [InlineData(Yaml, "text/yaml")]
    [InlineData(Yaml, "text/plain")]
    [InlineData(Json, "text/plain; charset=utf-8")]
    public async Task The_content_type_says_how_it_is_read(string text, string type) => Assert.Equal("t", (await LoadAsync(text, type)).Title);

    [Theory]
    [InlineData(Yaml, "text/html", "content type text/html")]
    [InlineData(Yaml, "application/json", ":1:2: not valid JSON")]
    [InlineData("{\"title\": ]", "text/plain", ":1:11: not valid JSON")]
    [InlineData("title: t\n", "text/yaml", "needs 'method'")]
    public async Task What_is_no_experiment_is_refused_with_the_url_as_its_place(string text, string type, string words)
    {
        var error = await Assert.ThrowsAsync<InvalidExperimentException>(() => LoadAsync(text, type));

        Assert.StartsWith(server.Url, error.Message, StringComparison.Ordinal);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/files/none", "answered 404")]
    [InlineData("/status/500", "answered 500")]
    [InlineData("/endless", "is longer than 1,048,576 bytes")]
    [InlineData("/never", "not complete within 0.5 s")]
    public async Task A_download_has_an_end(string path, string words)
    {
        var begin = Stopwatch.GetTimestamp();

        var error = await Assert.ThrowsAsync<InvalidExperimentException>(() => ExperimentSource.LoadAsync(
            server.Url + path, new ExperimentSourceOptions { DownloadTimeout = path == "/never" ? TimeSpan.FromSeconds(0.5) : TimeSpan.FromSeconds(30) }, TestContext.Current.CancellationToken));

        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(25));
    }

    [Fact]
    public async Task Nobody_listening_is_said()
    {
        var error = await Assert.ThrowsAsync<InvalidExperimentException>(() => ExperimentSource.LoadAsync("http://user:hunter2@127.0.0.1:1/x", new ExperimentSourceOptions(), TestContext.Current.CancellationToken));

        Assert.StartsWith("http://127.0.0.1:1/x:1:1: cannot be had", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_goes_to_the_host_it_is_for()
    {
        var name = Guid.NewGuid().ToString("n");
        server.Files[name] = (Yaml, "text/yaml");
        var url = $"{server.Url}/files/{name}";
        var authority = new Uri(url).Authority;

        await ExperimentSource.LoadAsync(url, new ExperimentSourceOptions { Token = "general", Tokens = new Dictionary<string, string> { [authority] = "own" } }, TestContext.Current.CancellationToken);
        var own = server.Authorizations[name];
        await ExperimentSource.LoadAsync(url, new ExperimentSourceOptions { Token = "general", Tokens = new Dictionary<string, string> { ["other"] = "own" } }, TestContext.Current.CancellationToken);

        Assert.Equal(("Bearer own", "Bearer general"), (own, server.Authorizations[name]));
    }

    [Fact]
    public async Task Programs_of_somebody_elses_experiment_run_only_when_that_is_allowed()
    {
        const string Text = "title: t\ndescription: d\nmethod: [{type: action, name: a, provider: {type: process, path: sh, arguments: '-c true'}}]\n";

        var refused = await Assert.ThrowsAsync<InvalidExperimentException>(() => LoadAsync(Text, "text/yaml"));
        var looked = await LoadAsync(Text, "text/yaml", new ExperimentSourceOptions { ValidateOnly = true });
        var allowed = await LoadAsync(Text, "text/yaml", new ExperimentSourceOptions { AllowProcess = true });

        Assert.Contains(":3:51: process provider of activity 'a' acts on this machine", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--allow-process", Assert.Single(looked.Warnings), StringComparison.Ordinal);
        Assert.Empty(allowed.Warnings);
    }

    private async Task<Experiment> LoadAsync(string text, string type, ExperimentSourceOptions? options = null)
    {
        var name = Guid.NewGuid().ToString("n");
        server.Files[name] = (text, type);
        return await ExperimentSource.LoadAsync($"{server.Url}/files/{name}", options ?? new ExperimentSourceOptions(), TestContext.Current.CancellationToken);
    }
}
