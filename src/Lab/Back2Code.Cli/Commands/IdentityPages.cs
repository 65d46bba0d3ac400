using System.Globalization;
using System.Text.Json;

namespace Back2Code.Cli.Commands;

/// <summary>Lists of the identity service, which come page by page.</summary>
internal static class IdentityPages
{
    // 20,000 rows of 200: more than anybody reads, and an end for a server that never says so.
    private const int MostPages = 100;

    /// <param name="path">With a query.</param>
    public static async Task<IReadOnlyList<JsonElement>> ReadAsync(IdentityConnection identity, string path, CancellationToken cancellationToken)
    {
        List<JsonElement> items = [];
        string? cursor = null;
        for (int page = 0; page < MostPages; page++)
        {
            JsonElement answer = await identity.GetAsync(path + (cursor is null ? "" : $"&cursor={cursor}"), cancellationToken);
            items.AddRange(answer.GetProperty("items").EnumerateArray());
            cursor = answer.GetProperty("next").GetString();
            if (cursor is null)
            {
                break;
            }
        }

        return items;
    }

    /// <summary>A time in UTC, for people; empty when there is none.</summary>
    public static string Moment(JsonElement item, string member) =>
        item.TryGetProperty(member, out JsonElement time) && time.ValueKind == JsonValueKind.String
            ? time.GetDateTimeOffset().UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)
            : "";
}
