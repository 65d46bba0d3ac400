using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;

namespace Back2Code.IntegrationTests.Experiments;

/// <summary>A folder, and a way to run what is written in it.</summary>
internal sealed class ExperimentBench : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("experiment-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public string At(string name) => Path.Combine(Folder, name);

    public Task<(ExperimentOutcome Outcome, JsonObject Journal)> RunAsync(string yaml, ExperimentServer server) => RunAsync(yaml, server, new ExperimentOptions());

    public async Task<(ExperimentOutcome Outcome, JsonObject Journal)> RunAsync(string yaml, ExperimentServer server, ExperimentOptions options, CancellationToken? cancellationToken = null)
    {
        var path = At("experiment.yaml");
        await File.WriteAllTextAsync(path, $"title: t\ndescription: d\n{yaml}\n", CancellationToken.None);
        var given = new Dictionary<string, JsonNode?>(options.Values.Variables) { ["url"] = server.Url, ["prometheus"] = server.Url, ["folder"] = Folder, ["flag"] = At("flag") };
        var experiment = await ExperimentSource.LoadAsync(path, new ExperimentSourceOptions { Compat = options.Compat }, CancellationToken.None);
        var outcome = await ExperimentRunner.RunAsync(
            experiment, options with { Values = options.Values with { Variables = given } }, TimeProvider.System, cancellationToken ?? TestContext.Current.CancellationToken);
        return (outcome, outcome.Journal.ToJson(TimeProvider.System.GetUtcNow()));
    }
}
