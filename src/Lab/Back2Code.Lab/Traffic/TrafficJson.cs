using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Lab.Traffic.Ledger;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.Lab.Traffic;

// Source-generated: the generator must not spend its first second compiling serialisers.

/// <summary>What the command line writes, and the map of users to tokens that it reads.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(TrafficReady))]
[JsonSerializable(typeof(TrafficSecond))]
[JsonSerializable(typeof(TrafficSummary))]
[JsonSerializable(typeof(LedgerVerdict))]
[JsonSerializable(typeof(Dictionary<string, string>))]
public sealed partial class TrafficJson : JsonSerializerContext;

/// <summary>What goes to the platform and into the ledger.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(LedgerEntry))]
[JsonSerializable(typeof(CreateNote))]
[JsonSerializable(typeof(ReplaceNote))]
[JsonSerializable(typeof(NoteView))]
[JsonSerializable(typeof(NotePage))]
[JsonSerializable(typeof(NotificationPage))]
internal sealed partial class WireJson : JsonSerializerContext;
