using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Messaging;

namespace Back2Code.Notifications.Erasing;

/// <summary>The fields of <c>user.erasure-requested</c> that this service reads, and its answer to it.</summary>
internal sealed record RequestedErasure
{
    public const string Requested = "user.erasure-requested";
    public const string Erased = "user.erased";

    [JsonRequired] public Guid ErasureId { get; init; }

    [JsonRequired] public Guid UserId { get; init; }

    /// <summary>The subject of the user's tokens, which is what things here belong to.</summary>
    public string OwnerId => UserId.ToString();

    /// <exception cref="PoisonMessageException">The event does not keep its schema; no further attempt will change that.</exception>
    public static RequestedErasure Read(CloudEvent cloudEvent)
    {
        try
        {
            return cloudEvent.Data.Deserialize<RequestedErasure>(JsonSerializerOptions.Web)
                ?? throw new PoisonMessageException($"{cloudEvent.Type} {cloudEvent.Id} has no data");
        }
        catch (JsonException exception)
        {
            throw new PoisonMessageException($"the data of {cloudEvent.Type} {cloudEvent.Id} is not as its schema says: {exception.Message}", exception);
        }
    }

    /// <summary>Says that nothing is left here.</summary>
    public CloudEvent Answer(string source, string service, IReadOnlyDictionary<string, long> counts, DateTimeOffset at) => new(
        Id: Guid.CreateVersion7(at).ToString(),
        source,
        Erased,
        Subject: ErasureId.ToString(),
        Time: at,
        Data: JsonSerializer.SerializeToElement(new { ErasureId, service, counts }, JsonSerializerOptions.Web));
}
