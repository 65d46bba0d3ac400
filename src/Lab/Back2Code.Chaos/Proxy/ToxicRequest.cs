using System.Text.Json;
using Back2Code.Chaos.Proxy.Toxics;

namespace Back2Code.Chaos.Proxy;

/// <summary>A toxic as a client asks for it: what it left out is null.</summary>
internal sealed record ToxicRequest(
    string? Name, string? Type, string? Stream, double? Toxicity, IReadOnlyDictionary<string, JsonElement>? Attributes)
{
    public ToxicEntry ToEntry(long id)
    {
        var direction = StreamDirectionNames.Parse(string.IsNullOrEmpty(Stream) ? "downstream" : Stream)
            ?? throw ToxiproxyApiException.InvalidStream();
        var type = ToxicType.All.FirstOrDefault(t => t.Name == Type) ?? throw ToxiproxyApiException.InvalidToxicType();
        var attributes = type.Merge(null, Attributes);
        return new ToxicEntry
        {
            Id = id,
            Name = string.IsNullOrEmpty(Name) ? $"{type.Name}_{direction.Name()}" : Names.Check(Name),
            Type = type,
            Direction = direction,
            Toxicity = CheckedToxicity() ?? 1,
            Attributes = attributes,
            Toxic = type.Create(attributes),
            Counters = new ToxicCounters(),
            Removal = new CancellationTokenSource(),
        };
    }

    /// <summary>Name, type and stream of a toxic never change: they are ignored here.</summary>
    public ToxicEntry ApplyTo(ToxicEntry entry)
    {
        var attributes = entry.Type.Merge(entry.Attributes, Attributes);
        return entry with
        {
            Toxicity = CheckedToxicity() ?? entry.Toxicity,
            Attributes = attributes,
            Toxic = entry.Type.Create(attributes),
        };
    }

    private double? CheckedToxicity() => Toxicity is null or (>= 0 and <= 1)
        ? Toxicity
        : throw ToxiproxyApiException.BadBody("toxicity must lie between 0 and 1");
}
