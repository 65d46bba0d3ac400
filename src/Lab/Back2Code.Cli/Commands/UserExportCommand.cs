using System.CommandLine;
using System.Text.RegularExpressions;
using Back2Code.Authentication;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>Gathers all that is held about somebody from every service, in one document. Streams: nothing of it is in memory as a whole.</summary>
internal static partial class UserExportCommand
{
    internal static Command Create()
    {
        var name = UserCommand.Name();
        var output = new Option<string?>("--out") { Description = "File to write, for its owner only; it appears whole or not at all. Default: standard output.", HelpName = "FILE" };
        var command = new Command("export", """
            Write all that is held about a user as one JSON document, with a member for each service. Secrets are not in it.

            Examples:
              back2code user export ada --out ada.json
              back2code user export ada | jq '.notes.notes | length'
            """)
        {
            name, output,
        };
        return new IdentityTarget(Roles.Admin).AddTo(command, async (parsed, identity, cancellationToken) =>
        {
            string id = await UserCommand.FindAsync(identity, parsed.GetRequiredValue(name), cancellationToken);
            if (parsed.GetValue(output) is not { } path)
            {
                await using Stream standard = Console.OpenStandardOutput();
                await WriteAsync(identity, id, standard, cancellationToken);
                return 0;
            }

            string partial = path + ".partial";
            try
            {
                FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
                if (!OperatingSystem.IsWindows())
                {
                    options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                }

                File.Delete(partial);
                await using (FileStream file = new(partial, options))
                {
                    await WriteAsync(identity, id, file, cancellationToken);
                }

                File.Move(partial, path, overwrite: true);
                return 0;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new LabException($"{path} could not be written: {e.Message}", e);
            }
            finally
            {
                File.Delete(partial);
            }
        });
    }

    private static async Task WriteAsync(IdentityConnection identity, string id, Stream to, CancellationToken cancellationToken)
    {
        await to.WriteAsync("{\"identity\":"u8.ToArray(), cancellationToken);
        List<(string Service, string Path)> others;
        using (HttpResponseMessage response = await identity.SendAsync(HttpMethod.Get, $"/v1/users/{id}/export", body: null, cancellationToken))
        {
            // Which other services hold something is identity's to say: a new one needs no new command.
            others = [.. (response.Headers.TryGetValues("Link", out var links) ? links : []).SelectMany(static link => Related().Matches(link))
                .Select(static link => (link.Groups["service"].Value, link.Groups["path"].Value))];
            await CopyAsync("identity", response, to, cancellationToken);
        }

        foreach (var (service, path) in others)
        {
            await to.WriteAsync(System.Text.Encoding.UTF8.GetBytes($",\"{service}\":"), cancellationToken);
            using HttpResponseMessage response = await identity.SendAsync(HttpMethod.Get, path, body: null, cancellationToken);
            await CopyAsync(service, response, to, cancellationToken);
        }

        await to.WriteAsync("}\n"u8.ToArray(), cancellationToken);
    }

    private static async Task CopyAsync(string service, HttpResponseMessage response, Stream to, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.CopyToAsync(to, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new LabException($"The export of {service} broke off: {e.Message}", e);
        }
    }

    [GeneratedRegex("<(?<path>/v1/[^>]{1,300})>; rel=\"related\"; title=\"(?<service>[a-z][a-z0-9-]{0,62})\"", RegexOptions.CultureInvariant)]
    private static partial Regex Related();
}
