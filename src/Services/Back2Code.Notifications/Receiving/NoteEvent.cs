using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Messaging;

namespace Back2Code.Notifications.Receiving;

/// <summary>
/// The few fields of a note event that this service reads. Everything else may be added to the event, or change, without it noticing.
/// </summary>
internal sealed record NoteEvent
{
    // These are the ones that users are told about. Types to come are none of our business until they are listed here.
    private static readonly HashSet<string> Announced = ["note.created", "note.replaced", "note.deleted"];

    [JsonRequired] public Guid NoteId { get; init; }

    [JsonRequired] public string OwnerId { get; init; } = "";

    [JsonRequired] public long Version { get; init; }

    public static bool IsAnnounced(string type) => Announced.Contains(type);

    /// <exception cref="PoisonMessageException">The event does not keep its schema; no further attempt will change that.</exception>
    public static NoteEvent Read(CloudEvent cloudEvent)
    {
        NoteEvent data;
        try
        {
            data = cloudEvent.Data.Deserialize<NoteEvent>(JsonSerializerOptions.Web)
                ?? throw new PoisonMessageException($"{cloudEvent.Type} {cloudEvent.Id} has no data");
        }
        catch (JsonException exception)
        {
            throw new PoisonMessageException($"the data of {cloudEvent.Type} {cloudEvent.Id} is not as its schema says: {exception.Message}", exception);
        }

        // The limits of the columns: what PostgreSQL would refuse at every attempt is refused here once.
        if (data.OwnerId is not { Length: > 0 and <= 255 } || data.OwnerId.Contains('\0', StringComparison.Ordinal))
        {
            throw new PoisonMessageException($"the ownerId of {cloudEvent.Type} {cloudEvent.Id} must have 1 to 255 characters");
        }

        if (data.Version < 1)
        {
            throw new PoisonMessageException($"the version of {cloudEvent.Type} {cloudEvent.Id} is {data.Version}; versions begin at 1");
        }

        return data;
    }
}
