using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Cli.Commands;

/// <summary>What toxiproxy-cli does, with its words and flags: against our proxy or the original, wherever <c>TOXIPROXY_URL</c> says.</summary>
internal static class ToxiproxyClientCommands
{
    public static IEnumerable<Command> Create() => [CreateList(), CreateInspect(), CreateCreate(), CreateToggle(), CreateDelete(), CreateReset(), ToxicCommands.Create()];

    /// <summary>Runs one conversation with the proxy; what it refuses is one line and exit code 1.</summary>
    internal static Command Talking(this Command command, Func<ParseResult, ToxiproxyClient, CancellationToken, Task> talk)
    {
        var url = new Option<Uri>("--url")
        {
            Description = "Address of the proxy's API. Default: TOXIPROXY_URL, else http://127.0.0.1:8474.",
            HelpName = "URL",
            CustomParser = result => Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var given) && given.Scheme is "http" or "https" ? given : Refuse(result),
            DefaultValueFactory = result => Uri.TryCreate(Environment.GetEnvironmentVariable("TOXIPROXY_URL") is { Length: > 0 } set ? set : "http://127.0.0.1:8474", UriKind.Absolute, out var found)
                ? found : Refuse(result),
        };
        command.Add(url);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var address = parsed.GetRequiredValue(url);
            using var http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
            try
            {
                await talk(parsed, new ToxiproxyClient(http), cancellationToken);
                return 0;
            }
            catch (ToxiproxyException e)
            {
                await Console.Error.WriteLineAsync($"toxiproxy: {e.Message}");
            }
            catch (HttpRequestException e)
            {
                await Console.Error.WriteLineAsync($"toxiproxy: nothing answers at {address} ({e.Message}). Start it with `back2code toxiproxy`, or say where it is with --url or TOXIPROXY_URL.");
            }
            catch (JsonException)
            {
                await Console.Error.WriteLineAsync($"toxiproxy: what answers at {address} is not Toxiproxy.");
            }

            return 1;
        });
        return command;

        static Uri Refuse(System.CommandLine.Parsing.ArgumentResult result)
        {
            result.AddError("The proxy's address must be an absolute http or https address, for example http://127.0.0.1:8474.");
            return null!;
        }
    }

    internal static Argument<string> ProxyName() => new("proxy") { Description = "Name of the proxy, as `toxiproxy list` shows it.", HelpName = "PROXY" };

    private static Command CreateList()
    {
        var json = LabOptions.Json();
        return new Command("list", "Show the proxies of a running server") { json }.Talking(async (parsed, client, cancellationToken) =>
        {
            var proxies = (await client.ListAsync(cancellationToken)).Values.OrderBy(p => p.Name, StringComparer.Ordinal).ToList();
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(proxies, JsonSerializerOptions.Web));
                return;
            }

            new Sheet(Console.Out).Table(
                ["proxy", "listens on", "upstream", "enabled", "#toxics"],
                proxies.Select(p => (IReadOnlyList<string>)[p.Name, p.Listen, p.Upstream, p.Enabled ? "yes" : "no", p.Toxics.Count.ToString(CultureInfo.InvariantCulture)]));
        });
    }

    private static Command CreateInspect()
    {
        var name = ProxyName();
        var json = LabOptions.Json();
        return new Command("inspect", "Show one proxy with its toxics") { name, json }.Talking(async (parsed, client, cancellationToken) =>
        {
            var proxy = await FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(proxy, JsonSerializerOptions.Web));
                return;
            }

            Console.WriteLine($"{proxy.Name}: {proxy.Listen} -> {proxy.Upstream}{(proxy.Enabled ? "" : ", disabled")}");
            new Sheet(Console.Out).Table(
                ["toxic", "type", "stream", "#toxicity", "attributes"],
                proxy.Toxics.Select(t => (IReadOnlyList<string>)
                    [t.Name, t.Type, t.Stream, t.Toxicity.ToString(CultureInfo.InvariantCulture), string.Join(" ", t.Attributes.Select(a => $"{a.Key}={a.Value}"))]));
        });
    }

    private static Command CreateCreate()
    {
        var name = ProxyName();
        var listen = new Option<string>("--listen", "-l") { Description = "Address to listen on; port 0 takes a free one.", Required = true, HelpName = "HOST:PORT" };
        var upstream = new Option<string>("--upstream", "-u") { Description = "Where connections go.", Required = true, HelpName = "HOST:PORT" };
        return new Command("create", "Make a proxy") { name, listen, upstream }.Talking(async (parsed, client, cancellationToken) =>
        {
            var made = await client.CreateAsync(
                new ProxyDocument { Name = parsed.GetRequiredValue(name), Listen = parsed.GetRequiredValue(listen), Upstream = parsed.GetRequiredValue(upstream) }, cancellationToken);
            Console.WriteLine($"{made.Name}: {made.Listen} -> {made.Upstream}");
        });
    }

    private static Command CreateToggle()
    {
        var name = ProxyName();
        return new Command("toggle", "Disable an enabled proxy, which closes its connections, or enable a disabled one") { name }.Talking(async (parsed, client, cancellationToken) =>
        {
            var proxy = await FindAsync(client, parsed.GetRequiredValue(name), cancellationToken);
            var now = await client.SetEnabledAsync(proxy.Name, !proxy.Enabled, cancellationToken);
            Console.WriteLine($"{now.Name}: {(now.Enabled ? "enabled" : "disabled")}");
        });
    }

    private static Command CreateDelete()
    {
        var name = ProxyName();
        return new Command("delete", "Close a proxy and forget it") { name }.Talking(async (parsed, client, cancellationToken) =>
        {
            await client.DeleteAsync(parsed.GetRequiredValue(name), cancellationToken);
            Console.WriteLine($"{parsed.GetRequiredValue(name)}: deleted");
        });
    }

    private static Command CreateReset() => new Command("reset", "Enable every proxy and remove every toxic").Talking(async (_, client, cancellationToken) =>
    {
        await client.ResetAsync(cancellationToken);
        Console.WriteLine("every proxy is enabled and has no toxic");
    });

    private static async Task<ProxyDocument> FindAsync(ToxiproxyClient client, string name, CancellationToken cancellationToken) =>
        await client.FindAsync(name, cancellationToken)
        ?? throw new ToxiproxyException(404, $"there is no proxy '{name}'; there are: {string.Join(", ", (await client.ListAsync(cancellationToken)).Keys.Order(StringComparer.Ordinal))}");
}
