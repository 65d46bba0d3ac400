using System.CommandLine;
using System.Text.Json;
using Back2Code.Authentication;
using Spectre.Console;

namespace Back2Code.Cli.Commands;

/// <summary>The identity service's clients: programs that ask for tokens.</summary>
internal static class ClientCommand
{
    private static readonly (string Name, string Grant)[] Grants =
    [
        ("code", "authorization_code"), ("refresh", "refresh_token"), ("credentials", "client_credentials"),
        ("device", "urn:ietf:params:oauth:grant-type:device_code"), ("exchange", "urn:ietf:params:oauth:grant-type:token-exchange"),
    ];

    internal static Command Create() => new("client", """
        The clients of the identity service: programs that ask for tokens.

        Examples:
          back2code client create "Notebook" --grant code --grant refresh --scope openid --scope offline_access --scope "notes:*" --redirect-uri https://app.example.com/callback
          back2code client list
          back2code client rotate 0190163d8694739baea5966c26f8ad91
        """)
    {
        CreateCreate(),
        CreateList(),
        CreateRotate(),
    };

    private static Command CreateCreate()
    {
        var name = new Argument<string>("name") { Description = "What users see; 1 to 100 characters." };
        var grants = new Option<string[]>("--grant")
        {
            Description = $"How it gets tokens, once for each: {string.Join(", ", Grants.Select(static grant => grant.Name))}.", HelpName = "GRANT", Required = true,
        };
        grants.AcceptOnlyFromAmong([.. Grants.Select(static grant => grant.Name)]);
        var scopes = new Option<string[]>("--scope") { Description = "The most that its tokens may hold, once for each: openid, profile, offline_access, or a permission such as notes:*.", HelpName = "SCOPE", Required = true };
        var redirects = new Option<string[]>("--redirect-uri") { Description = "Where users are sent back to, once for each; compared character by character.", HelpName = "URI" };
        var logouts = new Option<string[]>("--post-logout-redirect-uri") { Description = "Where users are sent after signing out, once for each.", HelpName = "URI" };
        var isPublic = new Option<bool>("--public") { Description = "It keeps no secret: a browser, a telephone, a terminal." };
        var firstParty = new Option<bool>("--first-party") { Description = "Its users are not asked for their consent." };
        var json = LabOptions.Json();
        var command = new Command("create", """
            Create a client. Its secret is printed this once: keep it where only the client reads it.

            Examples:
              back2code client create "Report" --grant credentials --scope "*:read" --json | jq -r .secret
              back2code client create "Terminal" --public --grant device --grant refresh --scope openid --scope offline_access --scope "*"
            """)
        {
            name, grants, scopes, redirects, logouts, isPublic, firstParty, json,
        };
        return new IdentityTarget(Roles.Admin).AddTo(command, async (parsed, identity, cancellationToken) =>
        {
            string[] chosen = parsed.GetRequiredValue(grants);
            var request = new
            {
                name = parsed.GetRequiredValue(name),
                confidential = !parsed.GetValue(isPublic),
                grants = chosen.Select(static one => Grants.First(grant => grant.Name == one).Grant),
                scopes = parsed.GetRequiredValue(scopes),
                redirectUris = parsed.GetValue(redirects),
                postLogoutRedirectUris = parsed.GetValue(logouts),
                firstParty = parsed.GetValue(firstParty),
                mayImpersonate = chosen.Contains("exchange"),
            };
            JsonElement client = await identity.ChangeAsync(HttpMethod.Post, "/v1/clients", request, cancellationToken);
            Show(parsed.GetValue(json), client);
            return 0;
        });
    }

    private static Command CreateList() => IdentityList.Create(
        """
        List all clients, newest first. Secrets are not shown: the service itself does not know them.

        Examples:
          back2code client list
          back2code client list --json | jq -r '.[].id'
        """,
        "/v1/clients",
        ["id", "name", "secret", "grants", "scopes", "created (UTC)"],
        static client =>
        [
            Markup.Escape(Text(client, "id")), Markup.Escape(Text(client, "name")), client.GetProperty("confidential").GetBoolean() ? "yes" : "no",
            Markup.Escape(string.Join(' ', Texts(client, "grants").Select(Short))), Markup.Escape(string.Join(' ', Texts(client, "scopes"))),
            IdentityPages.Moment(client, "createdAt"),
        ]);

    private static Command CreateRotate()
    {
        var id = new Argument<string>("id") { Description = "The client's id." };
        var json = LabOptions.Json();
        var command = new Command("rotate", """
            Give a client another secret, which is printed this once. The one before ends at once.

            Examples:
              back2code client rotate 0190163d8694739baea5966c26f8ad91
              back2code client rotate 0190163d8694739baea5966c26f8ad91 --json | jq -r .secret > report.secret
            """)
        {
            id, json,
        };
        return new IdentityTarget(Roles.Admin).AddTo(command, async (parsed, identity, cancellationToken) =>
        {
            JsonElement client = await identity.ChangeAsync(
                HttpMethod.Post, $"/v1/clients/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/secret", body: null, cancellationToken);
            Show(parsed.GetValue(json), client);
            return 0;
        });
    }

    private static void Show(bool asJson, JsonElement client)
    {
        if (asJson)
        {
            Console.WriteLine(client.GetRawText());
            return;
        }

        Console.WriteLine($"id      {Text(client, "id")}");
        if (client.GetProperty("secret").GetString() is { } secret)
        {
            Console.WriteLine($"secret  {secret}");
        }
    }

    private static string Short(string grant) => Grants.FirstOrDefault(known => known.Grant == grant).Name ?? grant;

    private static IEnumerable<string> Texts(JsonElement client, string member) => client.GetProperty(member).EnumerateArray().Select(static text => text.GetString()!);

    private static string Text(JsonElement client, string member) => client.GetProperty(member).GetString()!;
}
