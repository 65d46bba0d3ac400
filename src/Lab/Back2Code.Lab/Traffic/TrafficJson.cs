using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Lab.Traffic.Ledger;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Lab.Traffic;

// Source-generated: the generator must not spend its first second compiling serialisers.

/// <summary>What the command line writes, and the map of users to tokens that it reads.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, Converters = [typeof(UtcJsonConverter)])]
[JsonSerializable(typeof(TrafficReady))]
[JsonSerializable(typeof(TrafficSecond))]
[JsonSerializable(typeof(TrafficSummary))]
[JsonSerializable(typeof(LedgerVerdict))]
[JsonSerializable(typeof(VerificationProgress))]
[JsonSerializable(typeof(Dictionary<string, string>))]
public sealed partial class TrafficJson : JsonSerializerContext;

/// <summary>What goes to the platform and into the ledger.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, Converters = [typeof(UtcJsonConverter)])]
[JsonSerializable(typeof(LedgerEntry))]
[JsonSerializable(typeof(CreateNote))]
[JsonSerializable(typeof(ReplaceNote))]
[JsonSerializable(typeof(NoteView))]
[JsonSerializable(typeof(NotePage))]
[JsonSerializable(typeof(NotificationPage))]
internal sealed partial class WireJson : JsonSerializerContext;

/// <summary>RFC 3339 in UTC, to the microsecond and with a Z; the framework would write +00:00.</summary>
internal sealed class UtcJsonConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFZ", CultureInfo.InvariantCulture));
}
