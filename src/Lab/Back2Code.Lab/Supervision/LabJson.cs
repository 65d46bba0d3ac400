using System.Text.Json;
using System.Text.Json.Serialization;

namespace Back2Code.Lab.Supervision;

internal static class LabJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web);

    public static JsonSerializerOptions Indented { get; } = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Leaves out what is null.</summary>
    public static JsonSerializerOptions Sparse { get; } = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
}
