using System.Net;
using System.Text;
using System.Text.Json;
using Back2Code.UnitTests.GameDays;
using Back2Code.UnitTests.Supervision;

namespace Back2Code.UnitTests.Fuzzing;

/// <summary>
/// Four thousand damaged bodies for the control API and the game day's, the same every time (the proxy's API has six thousand of its own): each is
/// answered in time, none with a 500, and every refusal names the place. A case that fails prints itself.
/// </summary>
public sealed class ApiBodyFuzzTests
{
    private const int Seed = 20_261_201;

    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", ":", ",", "\"", "null", "true", "-1", "1e999", "1e-400", "99999999999999999999", "0x1", "NaN", "\\", "\\ud800", "\\u0000", "\ud83d", "é", "\n", "type", "target", "parameters", "for",
        "seconds", "arguments", "leaseSeconds", "environment", "command", "component", "cause", "text", "\"30s\"", "\"for\": \"9999999h\"", "\"a=b\": \"c\"", "=", ";",
    ];

    private static readonly (string Call, string Body)[] Control =
    [
        ("POST /v1/faults", """{"type": "process.freeze", "target": "redis", "parameters": {}, "for": "30s"}"""),
        ("POST /v1/faults", """{"type": "process.kill", "target": "redis", "parameters": {"downFor": "5s"}}"""),
        ("POST /v1/faults", """{"type": "link.latency", "target": "notes-1-to-postgres", "parameters": {"latency": "100ms", "jitter": "10ms", "toxicity": "0.5"}, "for": "1m30s"}"""),
        ("PUT /v1/workers/w", """{"arguments": ["cpu", "--cores", "1"], "leaseSeconds": 12.5, "environment": {"A": "b", "C": "d"}}"""),
        ("PUT /v1/processes/redis/hold", """{"seconds": 30}"""),
        ("PUT /v1/processes/redis/override", """{"environment": {"Resilience__postgres__Timeout": "00:00:05", "Gone": null}}"""),
        ("POST /v1/gateway", """{"command": "set server notes/notes-1 state drain"}"""),
    ];

    private static readonly (string Act, string Body)[] GameDay =
    [
        ("acknowledge", """{"text": "on it"}"""),
        ("diagnose", """{"component": "redis", "cause": "it is full", "text": "maxmemory"}"""),
        ("mitigate", """{"text": "restarted"}"""),
        ("note", """{"text": "looks like the cache"}"""),
        ("writeup", """{"text": "# What happened\nIt was full."}"""),
    ];

    [Fact]
    public async Task Every_body_of_the_control_API_is_answered_and_every_refusal_names_its_place()
    {
        await using var api = await ControlApiUnderTest.StartAsync();
        var random = new Random(Seed);
        var (accepted, refused) = (0, 0);
        for (var i = 0; i < 2_500; i++)
        {
            var (call, whole) = Control[random.Next(Control.Length)];
            var body = TextDamage.Do(whole, Tokens, random, most: 3);

            var (status, text) = await api.SendAsync(call, Bytes(body, random));

            Check(status, text, $"case {i}: {call} {body}", ref accepted, ref refused);
        }

        Assert.True(accepted > 50 && refused > 1_000, $"{accepted} accepted, {refused} refused");
    }

    [Fact]
    public async Task Every_body_of_the_game_days_API_is_answered_and_every_refusal_names_its_place()
    {
        var day = await GameDayApiUnderTest.StartAsync();
        var random = new Random(Seed + 1);
        var (accepted, refused) = (0, 0);
        for (var i = 0; i < 1_500; i++)
        {
            if (i % 500 == 0)
            {
                // A book has an end, and being full is not what is looked for.
                await day.DisposeAsync();
                day = await GameDayApiUnderTest.StartAsync();
            }

            var (act, whole) = GameDay[random.Next(GameDay.Length)];
            var body = TextDamage.Do(whole, Tokens, random, most: 3);

            var (status, text) = await day.PostAsync(act, Bytes(body, random));

            Check(status, text, $"case {i}: {act} {body}", ref accepted, ref refused);
        }

        await day.DisposeAsync();
        Assert.True(accepted > 50 && refused > 500, $"{accepted} accepted, {refused} refused");
    }

    /// <summary>Some bodies are not even text.</summary>
    private static byte[] Bytes(string body, Random random)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        if (bytes.Length > 0 && random.Next(8) == 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(128, 256);
        }

        return bytes;
    }

    private static void Check(HttpStatusCode status, string text, string what, ref int accepted, ref int refused)
    {
        if ((int)status < 300)
        {
            accepted++;
            return;
        }

        // 502: the command was one, and there is no gateway here.
        Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.BadGateway, $"{(int)status} {text}\nfor {what}");
        var problem = JsonElement.Parse(text);
        var detail = problem.GetProperty("detail").GetString()!;
        if (status == HttpStatusCode.BadRequest)
        {
            refused++;
            Assert.True(NamesPlace(problem, detail), $"{text}\nfor {what}");
        }
        else
        {
            accepted++;
        }
    }

    /// <summary>A body has a path; what a fault says of its order names the value, or what the platform lacks for it, and where the machine refuses, the file.</summary>
    private static bool NamesPlace(JsonElement problem, string detail) => problem.TryGetProperty("path", out var path)
        ? path.GetString()!.StartsWith('$') && detail.StartsWith(path.GetString()!, StringComparison.Ordinal)
        : detail.Contains('\'', StringComparison.Ordinal) || detail.Contains("redis", StringComparison.Ordinal) || detail.Contains("target is missing", StringComparison.Ordinal) || detail.StartsWith("The topology has no ", StringComparison.Ordinal);
}
