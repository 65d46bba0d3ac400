using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>6,000 bodies that nobody should send: each is answered, in time, and every refusal says what is wrong and where. The lab's own APIs have 4,000 more.</summary>
public sealed class ApiFuzzTests
{
    private const int CasesPerSeed = 1_500;

    private static readonly string[] Paths =
        ["POST proxies", "POST populate", "PATCH proxies/link", "POST proxies/link", "POST proxies/link/toxics", "PATCH proxies/link/toxics/late", "POST proxies/link/toxics/late"];

    private static readonly string[] Fields =
        ["name", "listen", "upstream", "enabled", "toxics", "type", "stream", "toxicity", "attributes", "latency", "jitter", "path", "status", "unknown"];

    // No names that a resolver would be asked for, and no ports that others might want.
    private static readonly string[] Texts =
        ["", "link", "late", "a b", "..", "a/b", "ü\u0000\n", "\ud800", "127.0.0.1:0", "[::1]:0", "localhost:0", "127.0.0.1", "127.0.0.1:99999", "192.0.2.1:1", "latency", "http_status", "cut", "refuse", "upstream", "downstream", "sideways"];

    private static readonly string[] Whole =
    [
        """{"name":"a","listen":"127.0.0.1:0","upstream":"127.0.0.1:1","enabled":true,"toxics":[{"type":"latency","attributes":{"latency":5}}]}""",
        """[{"name":"b","listen":"127.0.0.1:0","upstream":"127.0.0.1:1"},{"name":"c","upstream":"127.0.0.1:1","enabled":false}]""",
        """{"type":"http_status","name":"h","stream":"upstream","toxicity":0.5,"attributes":{"status":503,"path":"/v1/*","percent":50}}""",
        """{"toxicity":0.25,"attributes":{"latency":7,"jitter":3}}""",
    ];

    // A JSON path, or the field by name. "invalid toxic type" and what is said of a stream are Toxiproxy's own words.
    private static readonly string[] Places =
        ["$", "missing required field: ", "attribute '", "name must ", "listen '", "upstream '", "toxicity must ", "stream was invalid", "invalid toxic type", "proxies already"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Every_body_is_answered_and_every_refusal_names_its_reason(int seed)
    {
        await using var proxy = await StartAsync();
        var random = new Random(seed);
        for (int i = 0; i < CasesPerSeed; i++)
        {
            if (i % 50 == 0)
            {
                await StartAgainAsync(proxy);
            }

            string call = Paths[random.Next(Paths.Length)];
            byte[] body = Body(random);
            string what = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, case {i}: {call} {Encoding.UTF8.GetString(body)}");

            using var request = new HttpRequestMessage(new HttpMethod(call.Split(' ')[0]), call.Split(' ')[1]) { Content = new ByteArrayContent(body) };
            using var response = await proxy.Http.SendAsync(request, Cancellation);
            string text = await response.Content.ReadAsStringAsync(Cancellation);

            Check(response.StatusCode, text, what);
        }

        Assert.NotEmpty(await proxy.Client.GetVersionAsync(Cancellation));
    }

    private static void Check(HttpStatusCode status, string text, string what)
    {
        Assert.True(
            (int)status is 200 or 201 or 400 or 404 or 409 or 500, $"{(int)status} {text}\nfor {what}");
        var answer = JsonElement.Parse(text);
        if ((int)status < 400)
        {
            return;
        }

        string error = answer.GetProperty("error").GetString()!;
        Assert.True(answer.GetProperty("status").GetInt32() == (int)status && error.Length > 0, $"{text}\nfor {what}");

        Assert.True((int)status != 400 || Places.Any(p => error.Contains(p, StringComparison.Ordinal)), $"{text}\nfor {what}");

        // The only failure that is not the body's own fault is an address that this machine does not have.
        Assert.True((int)status != 500 || error.StartsWith("listen tcp ", StringComparison.Ordinal) || error.StartsWith("lookup ", StringComparison.Ordinal), $"{text}\nfor {what}");
    }

    private static async Task StartAgainAsync(ProxyUnderTest proxy)
    {
        foreach (string name in (await proxy.Client.ListAsync(Cancellation)).Keys)
        {
            await proxy.Client.DeleteAsync(name, Cancellation);
        }

        await proxy.CreateLinkAsync("link", "127.0.0.1:1", Toxic("latency") with { Name = "late" });
    }

    private static byte[] Body(Random random) => random.Next(10) switch
    {
        < 4 => Encoding.UTF8.GetBytes(Value(random, depth: 0, isObject: true)),
        < 7 => Broken(Encoding.UTF8.GetBytes(Whole[random.Next(Whole.Length)]), random),
        < 9 => Encoding.UTF8.GetBytes("[" + string.Join(",", Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, 1, random.Next(3) > 0))) + "]"),
        _ => Noise(random),
    };

    private static string Value(Random random, int depth, bool isObject = false) => (isObject ? 0 : random.Next(1, depth > 3 ? 7 : 9)) switch
    {
        0 or 7 => "{" + string.Join(",", Enumerable.Range(0, random.Next(8)).Select(_ => $"{Quote(Fields[random.Next(Fields.Length)])}:{Value(random, depth + 1)}")) + "}",
        1 or 2 => Quote(Texts[random.Next(Texts.Length)]),
        3 => random.NextInt64(long.MinValue, long.MaxValue).ToString(CultureInfo.InvariantCulture),
        4 => random.Next(-3, 700).ToString(CultureInfo.InvariantCulture),
        5 => (random.NextDouble() * 3).ToString(CultureInfo.InvariantCulture) + (random.Next(4) == 0 ? "e300" : ""),
        6 => random.Next(3) switch { 0 => "null", 1 => "true", _ => "false" },
        _ => "[" + string.Join(",", Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth + 1))) + "]",
    };

    // By hand: half a surrogate pair must reach the wire as the escape that it is.
    private static string Quote(string text) =>
        "\"" + string.Concat(text.Select(c => c is < ' ' or '"' or '\\' or > '~' ? $"\\u{(int)c:x4}" : c.ToString())) + "\"";

    private static byte[] Broken(byte[] whole, Random random)
    {
        List<byte> bytes = [.. whole];
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            bytes.Add((byte)' ');
            int at = random.Next(bytes.Count - 1);
            switch (random.Next(4))
            {
                case 0:
                    bytes.RemoveAt(at);
                    break;
                case 1:
                    // No digits: they would make ports that others might want.
                    bytes.Insert(at, (byte)random.Next(':', 127));
                    break;
                case 2:
                    bytes.RemoveRange(at, bytes.Count - at);
                    bytes.Add((byte)'}');
                    break;
                default:
                    bytes[at] = (byte)random.Next(128, 256);
                    break;
            }
        }

        return [.. bytes];
    }

    private static byte[] Noise(Random random)
    {
        byte[] bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        return bytes;
    }
}
