using System.CommandLine;
using System.Text.Json;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.SupplyChain;

namespace Back2Code.Cli.Commands;

/// <summary>What the programs are made of.</summary>
internal static class SbomCommand
{
    internal static Command Create()
    {
        var output = new Option<string?>("--out") { Description = "File to write. Default: standard output.", HelpName = "FILE" };
        var all = new Option<bool>("--all") { Description = "Also what only the tests and the benchmarks need." };
        var difference = new Option<string?>("--diff") { Description = "Instead: what changed since this earlier one. Ends with 1 when anything did.", HelpName = "FILE" };
        var command = new Command("sbom", """
            Write the bill of materials, CycloneDX 1.6 JSON, from the lock files. The same lock files give the same bytes.

            Examples:
              back2code sbom --out sbom.cdx.json
              back2code sbom --diff sbom-of-the-last-release.cdx.json
            """)
        {
            output, all, difference,
        };
        command.SetAction(parsed =>
        {
            try
            {
                string bom = Sbom.Write(LabOptions.Home(), parsed.GetValue(all) ? ["src", "tests", "bench"] : ["src"]);
                if (parsed.GetValue(difference) is { } earlier)
                {
                    var lines = SbomDifference.Between(File.ReadAllText(earlier), bom);
                    Console.Write(string.Concat(lines.Select(line => line + "\n")));
                    return lines.Count == 0 ? 0 : 1;
                }

                if (parsed.GetValue(output) is { } path)
                {
                    File.WriteAllText(path, bom);
                }
                else
                {
                    Console.Write(bom);
                }

                return 0;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or JsonException or KeyNotFoundException)
            {
                throw new LabException($"There is no bill of materials: {e.Message}", e);
            }
        });
        return command;
    }
}
