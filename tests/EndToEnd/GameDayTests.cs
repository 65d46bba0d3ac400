using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace Back2Code.EndToEndTests;

/// <summary>A program plays a game day with what an operator has: the status of processes, the platform's controls, and the game day's API.</summary>
[Collection(RunningPlatform.Shared)]
public sealed class GameDayTests(RunningPlatform platform)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_program_finds_a_hidden_fault_mends_it_and_is_scored()
    {
        using var reports = new TemporaryFolder();
        await using var game = RunningCommand.Start(
            "gameday", "start", "--blind", "--minutes", "2", "--seed", "1", "--drill", "postgres-crash", "--operator", "a-program",
            "--json", "--state", platform.State, "--report", reports.Path, "--journal", reports.Path);
        using var api = await ConnectAsync(game);
        var promised = (await api.GetFromJsonAsync<JsonElement>("/v1/gameday", Cancellation)).GetProperty("commitment").GetString();
        await AssertRefusedAsync("fault", "status");
        await AssertRefusedAsync("heal");

        string broken = await FindBrokenAsync();
        await SayAsync(api, "acknowledge", new { });
        await SayAsync(api, "diagnose", new { component = broken, cause = "its process was killed" });
        await using (var restart = RunningCommand.Start("restart", broken, "--state", platform.State))
        {
            Assert.True(await restart.WaitAsync(TimeSpan.FromSeconds(90), Cancellation) == 0, restart.ToString());
        }

        await SayAsync(api, "mitigate", new { });
        await SayAsync(api, "writeup", new { text = "PostgreSQL was down; it was restarted." });
        int exit = await game.WaitAsync(TimeSpan.FromSeconds(240), Cancellation);

        Assert.True(exit == 0, $"gameday start ended with {exit}.\n{game}");
        using var result = JsonDocument.Parse(game.Output);
        var lines = result.RootElement.GetProperty("score").GetProperty("rounds")[0].GetProperty("lines").EnumerateArray()
            .ToDictionary(l => l.GetProperty("name").GetString()!, l => l.GetProperty("points").GetInt32());
        Assert.Equal((15, 15), (lines["right component"], lines["right cause"]));
        Assert.True(lines["mitigate"] > 0, game.Output);
        Assert.Equal(0, result.RootElement.GetProperty("ledger").GetProperty("lost").GetInt64());
        Assert.Empty(result.RootElement.GetProperty("collateral").EnumerateArray());
        Assert.Equal(promised, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(reports.Path, "sealed.json"), Cancellation))));
        Assert.Contains("a-program", await File.ReadAllTextAsync(Path.Combine(reports.Path, "gamedays.md"), Cancellation), StringComparison.Ordinal);
    }

    private async Task<HttpClient> ConnectAsync(RunningCommand game)
    {
        string file = Path.Combine(platform.State, "gameday.json");
        await Eventually.HoldsAsync(() => File.Exists(file), TimeSpan.FromSeconds(60), () => $"the game day does not listen\n{game}", Cancellation);
        using var address = JsonDocument.Parse(await File.ReadAllBytesAsync(file, Cancellation));
        var client = new HttpClient { BaseAddress = new Uri(address.RootElement.GetProperty("url").GetString()!) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", address.RootElement.GetProperty("token").GetString());
        return client;
    }

    /// <summary>What knows the fault is no way to find it.</summary>
    private async Task AssertRefusedAsync(params string[] command)
    {
        await using var refused = RunningCommand.Start([.. command, "--state", platform.State]);
        Assert.NotEqual(0, await refused.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
        Assert.Contains("A game day is played here", refused.Errors, StringComparison.Ordinal);
    }

    private async Task<string> FindBrokenAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        for (var looks = 0; looks < 300; looks++)
        {
            await using var status = RunningCommand.Start("status", "--json", "--state", platform.State);
            await status.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            using var document = JsonDocument.Parse(status.Output);
            if (document.RootElement.GetProperty("processes").EnumerateArray().FirstOrDefault(p => p.GetProperty("pid").ValueKind == JsonValueKind.Null) is { ValueKind: JsonValueKind.Object } down)
            {
                return down.GetProperty("name").GetString()!;
            }

            await timer.WaitForNextTickAsync(Cancellation);
        }

        throw new InvalidOperationException("No process was ever down.");
    }

    private static async Task SayAsync(HttpClient api, string what, object body)
    {
        using var answer = await api.PostAsJsonAsync($"/v1/gameday/{what}", body, Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{what}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancellation)}");
    }
}
