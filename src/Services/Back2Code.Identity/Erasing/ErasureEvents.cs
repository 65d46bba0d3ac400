using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Identity.Audit;
using Back2Code.Messaging;

namespace Back2Code.Identity.Erasing;

/// <summary>What is asked of the other services, and what they answer; the schemas are in <c>docs/events</c>.</summary>
internal static class ErasureEvents
{
    public const string Requested = "user.erasure-requested";
    public const string Erased = "user.erased";

    /// <summary>Each has an id of its own: asked again, a service whose inbox knows the first one answers again.</summary>
    public static CloudEvent Request(Guid erasureId, Guid userId, DateTimeOffset at) => new(
        Id: Guid.CreateVersion7(at).ToString(),
        AuditTrail.Source,
        Requested,
        Subject: userId.ToString(),
        Time: at,
        Data: JsonSerializer.SerializeToElement(new { erasureId, userId }, JsonSerializerOptions.Web));
}

/// <summary>The data of <c>user.erased</c>.</summary>
internal sealed record ErasedEvent
{
    private const int MostCounts = 20;

    [JsonRequired] public Guid ErasureId { get; init; }

    [JsonRequired] public string Service { get; init; } = "";

    [JsonRequired] public Dictionary<string, long> Counts { get; init; } = [];

    /// <exception cref="PoisonMessageException">The event does not keep its schema, or one service answers for another.</exception>
    public static ErasedEvent Read(CloudEvent cloudEvent)
    {
        ErasedEvent data;
        try
        {
            data = cloudEvent.Data.Deserialize<ErasedEvent>(JsonSerializerOptions.Web)
                ?? throw new PoisonMessageException($"{cloudEvent.Type} {cloudEvent.Id} has no data");
        }
        catch (JsonException exception)
        {
            throw new PoisonMessageException($"the data of {cloudEvent.Type} {cloudEvent.Id} is not as its schema says: {exception.Message}", exception);
        }

        return !PersonalDataServices.IsName(data.Service) || cloudEvent.Source != $"/services/{data.Service}"
            ? throw new PoisonMessageException($"{cloudEvent.Type} {cloudEvent.Id} comes from another service than it names")
            : data.Counts.Count > MostCounts || data.Counts.Keys.Any(static kind => kind.Length is 0 or > 63)
                ? throw new PoisonMessageException($"{cloudEvent.Type} {cloudEvent.Id} counts more than {MostCounts} kinds, or has one without a proper name")
                : data;
    }
}
