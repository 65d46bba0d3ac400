using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Cli.Commands;

/// <summary><c>toxiproxy toxic add|update|remove</c>.</summary>
internal static class ToxicCommands
{
    public static Command Create() => new("toxic", """
        Add, change and remove the toxics of a proxy.

        Examples:
          back2code toxiproxy toxic add -t latency -a latency=200 -a jitter=20 pg
          back2code toxiproxy toxic update -n latency_downstream -a latency=400 pg
          back2code toxiproxy toxic remove -n latency_downstream pg
        """)
    {
        CreateAdd(), CreateUpdate(), CreateRemove(),
    };

    private static Command CreateAdd()
    {
        var proxy = ToxiproxyClientCommands.ProxyName();
        var type = new Option<string>("--type", "-t") { Description = "latency, bandwidth, timeout, …", Required = true, HelpName = "TYPE" };
        var name = new Option<string>("--toxicName", "--name", "-n") { Description = "Its name; TYPE_STREAM when left out.", DefaultValueFactory = _ => "", HelpName = "NAME" };
        var toxicity = Toxicity(1);
        var attributes = Attributes();
        var upstream = new Option<bool>("--upstream", "-u") { Description = "Acts on what clients send." };
        var downstream = new Option<bool>("--downstream", "-d") { Description = "Acts on what the server answers; the default." };
        var command = new Command("add", "Put a toxic on a proxy") { proxy, type, name, toxicity, attributes, upstream, downstream };
        command.Validators.Add(result =>
        {
            if (result.GetValue(upstream) && result.GetValue(downstream))
            {
                result.AddError("A toxic acts on one stream: give --upstream or --downstream, or add two.");
            }
        });
        return command.Talking(async (parsed, client, cancellationToken) => Tell(await client.AddToxicAsync(
            parsed.GetRequiredValue(proxy),
            new ToxicDocument
            {
                Type = parsed.GetRequiredValue(type),
                Name = parsed.GetRequiredValue(name),
                Stream = parsed.GetValue(upstream) ? "upstream" : "downstream",
                Toxicity = parsed.GetValue(toxicity)!.Value,
                Attributes = parsed.GetRequiredValue(attributes),
            },
            cancellationToken)));
    }

    private static Command CreateUpdate()
    {
        var proxy = ToxiproxyClientCommands.ProxyName();
        var name = ToxicName();
        var toxicity = Toxicity(null);
        var attributes = Attributes();
        return new Command("update", "Change what is given of a toxic, and leave the rest") { proxy, name, toxicity, attributes }.Talking(async (parsed, client, cancellationToken) =>
            Tell(await client.UpdateToxicAsync(
                parsed.GetRequiredValue(proxy), parsed.GetRequiredValue(name), parsed.GetRequiredValue(attributes), parsed.GetValue(toxicity), cancellationToken)));
    }

    private static Command CreateRemove()
    {
        var proxy = ToxiproxyClientCommands.ProxyName();
        var name = ToxicName();
        var command = new Command("remove", "Take a toxic off a proxy") { proxy, name };
        command.Aliases.Add("delete");
        return command.Talking(async (parsed, client, cancellationToken) =>
        {
            string toxic = parsed.GetRequiredValue(name);
            if (!await client.RemoveToxicAsync(parsed.GetRequiredValue(proxy), toxic, cancellationToken))
            {
                throw new ToxiproxyException(404, $"there is no toxic '{toxic}' on '{parsed.GetRequiredValue(proxy)}'; `toxiproxy inspect` shows those there are");
            }

            Console.WriteLine($"{toxic}: removed");
        });
    }

    private static void Tell(ToxicDocument toxic) =>
        Console.WriteLine($"{toxic.Name}: {toxic.Type} {toxic.Stream}, toxicity {toxic.Toxicity.ToString(CultureInfo.InvariantCulture)}{string.Concat(toxic.Attributes.Select(a => $", {a.Key}={a.Value}"))}");

    private static Option<string> ToxicName() => new("--toxicName", "--name", "-n") { Description = "Name of the toxic.", Required = true, HelpName = "NAME" };

    private static Option<double?> Toxicity(double? otherwise)
    {
        var option = new Option<double?>("--toxicity") { Description = "Share of the connections that it touches, 0 to 1.", DefaultValueFactory = _ => otherwise, HelpName = "SHARE" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is < 0 or > 1 or double.NaN)
            {
                result.AddError("--toxicity is a share from 0 to 1.");
            }
        });
        return option;
    }

    private static Option<Dictionary<string, AttributeValue>> Attributes() => new("--attribute", "-a")
    {
        Description = "One for each attribute: latency=200, path=/v1/*.",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.ZeroOrMore,
        CustomParser = Read,
        DefaultValueFactory = _ => [],
    };

    private static Dictionary<string, AttributeValue>? Read(ArgumentResult result)
    {
        Dictionary<string, AttributeValue> attributes = new(StringComparer.Ordinal);
        foreach (var token in result.Tokens)
        {
            int sign = token.Value.IndexOf('=', StringComparison.Ordinal);
            if (sign <= 0)
            {
                result.AddError($"-a takes KEY=VALUE, for example latency=200, not '{token.Value}'.");
                return null;
            }

            string value = token.Value[(sign + 1)..];
            if (!attributes.TryAdd(token.Value[..sign], long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : value))
            {
                result.AddError($"-a {token.Value[..sign]} is given twice.");
                return null;
            }
        }

        return attributes;
    }
}
