using System.Text.Json;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Back2Code.EndToEndTests;

/// <summary>The classes whose tests use one platform, one after the other.</summary>
[CollectionDefinition(RunningPlatform.Shared)]
public sealed class SharedPlatform : ICollectionFixture<RunningPlatform>;

/// <summary>A platform that stays up while tests use it, started and stopped with the commands that a user types.</summary>
public sealed class RunningPlatform : IAsyncLifetime
{
    public const string Shared = "Shared platform";

    private static readonly TimeSpan Startup = TimeSpan.FromSeconds(120);
    private readonly StateFolder _state = new();

    public string State => _state.Path;

    public async ValueTask InitializeAsync()
    {
        await using var up = RunningCommand.Start("up", "--detach", "--state", State, "--port-base", "auto");
        var exit = await up.WaitAsync(Startup, TestContext.Current.CancellationToken);
        Assert.True(exit == 0, $"up --detach ended with {exit}.\n{up}");
    }

    public async ValueTask DisposeAsync()
    {
        await using (var down = RunningCommand.Start("down", "--state", State))
        {
            await down.WaitAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
        }

        await _state.AssertNothingIsLeftAsync(CancellationToken.None);
        _state.Dispose();
    }

    internal async Task<JsonElement> StatusAsync(CancellationToken cancellationToken)
    {
        await using var status = RunningCommand.Start("status", "--json", "--state", State);
        var exit = await status.WaitAsync(TimeSpan.FromSeconds(20), cancellationToken);
        Assert.True(exit == 0, $"status ended with {exit}.\n{status}");
        return JsonDocument.Parse(status.Output).RootElement.Clone();
    }
}
