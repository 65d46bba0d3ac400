using System.Text.Json;
using System.Text.Json.Serialization;

namespace Back2Code.Lab.GameDays;

/// <summary>How game days are written: names in camel case, enumerations by name.</summary>
internal static class GameDayJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static readonly JsonSerializerOptions Indented = new(Options) { WriteIndented = true };
}
