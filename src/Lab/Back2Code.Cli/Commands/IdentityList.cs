using System.CommandLine;
using System.Text.Json;
using Back2Code.Authentication;
using Spectre.Console;

namespace Back2Code.Cli.Commands;

/// <summary>The command <c>list</c> over one kind of thing that the identity service keeps: all of it, as a table or as JSON.</summary>
internal static class IdentityList
{
    private const int PageSize = 200;

    /// <param name="description">For <c>--help</c>, with examples.</param>
    /// <param name="path">Where the service lists them.</param>
    /// <param name="columns">Headings of the table.</param>
    /// <param name="row">A cell for each heading, with what a user has written escaped.</param>
    internal static Command Create(string description, string path, IReadOnlyList<string> columns, Func<JsonElement, string[]> row)
    {
        var json = LabOptions.Json();
        var command = new Command("list", description) { json };
        return new IdentityTarget(Roles.Viewer).AddTo(command, async (parsed, identity, cancellationToken) =>
        {
            var items = await IdentityPages.ReadAsync(identity, $"{path}?limit={PageSize}", cancellationToken);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(items));
                return 0;
            }

            Table table = new Table().Border(TableBorder.Rounded).AddColumns([.. columns]);
            foreach (JsonElement item in items)
            {
                table.AddRow(row(item));
            }

            IncidentTable.Out().Write(table);
            return 0;
        });
    }
}
