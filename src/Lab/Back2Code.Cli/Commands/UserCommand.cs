using System.CommandLine;
using System.Text.Json;
using Back2Code.Authentication;
using Back2Code.Lab.Supervision;
using Spectre.Console;

namespace Back2Code.Cli.Commands;

/// <summary>The identity service's users, for operators and scripts.</summary>
internal static class UserCommand
{
    internal static Command Create() => new("user", """
        The users of the identity service.

        Examples:
          back2code user create ada --role analyst --email ada@example.com
          back2code user list
          back2code user role ada operator
          back2code user disable ada
          back2code user export ada --out ada.json
          back2code user erase ada
          back2code user reencrypt
        """)
    {
        CreateCreate(),
        CreateList(),
        CreateRole(),
        CreateDisable(),
        CreateEnable(),
        UserExportCommand.Create(),
        UserEraseCommand.Create(),
        UserReencryptCommand.Create(),
    };

    private static Command CreateCreate()
    {
        var name = Name();
        var role = new Option<string>("--role") { Description = $"What the user may do: {string.Join(", ", Roles.All)}.", HelpName = "ROLE", DefaultValueFactory = _ => Roles.Viewer };
        role.AcceptOnlyFromAmong([.. Roles.All]);
        var email = new Option<string?>("--email") { Description = "Where an invitation goes: a link to choose a password.", HelpName = "ADDRESS" };
        var without = new Option<bool>("--no-password") { Description = "No password for now: the user chooses one by the invitation, or cannot sign in." };
        var json = LabOptions.Json();
        var command = new Command("create", """
            Create a user. The password is asked for, or read from the first line of standard input; it is never an argument.

            Examples:
              back2code user create ada --role analyst
              back2code user create ada --email ada@example.com --no-password
              openssl rand -base64 18 | tee ada.password | back2code user create ada --json
            """)
        {
            name, role, email, without, json,
        };
        return new IdentityTarget(Roles.Admin).AddTo(command, async (parsed, identity, cancellationToken) =>
        {
            string user = parsed.GetRequiredValue(name);
            string? password = parsed.GetValue(without) ? null : NewPassword.Read(user, Console.IsInputRedirected);
            JsonElement made = await identity.ChangeAsync(
                HttpMethod.Post, "/v1/users", new { name = user, role = parsed.GetRequiredValue(role), password, email = parsed.GetValue(email) }, cancellationToken);
            Tell(parsed.GetValue(json), made, $"{user} was created, {Text(made, "role")}.");
            return 0;
        });
    }

    private static Command CreateList() => IdentityList.Create(
        """
        List all users, newest first.

        Examples:
          back2code user list
          back2code user list --json | jq -r '.[] | select(.role == "admin") | .name'
        """,
        "/v1/users",
        ["name", "role", "password", "e-mail", "second factor", "created (UTC)", "disabled (UTC)"],
        static user =>
        [
            Markup.Escape(Text(user, "name")), Text(user, "role"), user.GetProperty("hasPassword").GetBoolean() ? "yes" : "no",
            user.GetProperty("emailVerified").ValueKind switch { JsonValueKind.True => "verified", JsonValueKind.False => "not verified", _ => "none" },
            user.GetProperty("hasSecondFactor").GetBoolean() ? "on" : "off", IdentityPages.Moment(user, "createdAt"), IdentityPages.Moment(user, "disabledAt"),
        ]);

    private static Command CreateRole()
    {
        var name = Name();
        var role = new Argument<string>("role") { Description = $"One of {string.Join(", ", Roles.All)}." };
        role.AcceptOnlyFromAmong([.. Roles.All]);
        return Change(
            "role",
            """
            Give a user another role. Tokens have it with their next refresh, 10 minutes later at most.

            Examples:
              back2code user role ada operator
              back2code user role ada viewer --json
            """,
            name,
            [role],
            (parsed, id) => (HttpMethod.Put, $"/v1/users/{id}/role", new { role = parsed.GetRequiredValue(role) }),
            user => $"{Text(user, "name")} is {Text(user, "role")} now.");
    }

    private static Command CreateDisable() => Change(
        "disable",
        """
        Disable a user, and end all that the user has open: sessions and refresh tokens.

        Examples:
          back2code user disable ada
          back2code user disable ada --json
        """,
        Name(),
        [],
        static (_, id) => (HttpMethod.Post, $"/v1/users/{id}/disable", null),
        static user => $"{Text(user, "name")} is disabled.");

    private static Command CreateEnable() => Change(
        "enable",
        """
        Enable a user again. What was ended stays ended.

        Examples:
          back2code user enable ada
          back2code user enable ada --json
        """,
        Name(),
        [],
        static (_, id) => (HttpMethod.Post, $"/v1/users/{id}/enable", null),
        static user => $"{Text(user, "name")} is enabled.");

    private static Command Change(
        string verb, string description, Argument<string> name, IReadOnlyList<Argument> more,
        Func<ParseResult, string, (HttpMethod Method, string Path, object? Body)> change, Func<JsonElement, string> told)
    {
        var json = LabOptions.Json();
        var command = new Command(verb, description) { name, json };
        foreach (Argument argument in more)
        {
            command.Arguments.Add(argument);
        }

        return new IdentityTarget(Roles.Admin).AddTo(command, async (parsed, identity, cancellationToken) =>
        {
            string id = await FindAsync(identity, parsed.GetRequiredValue(name), cancellationToken);
            var (method, path, body) = change(parsed, id);
            JsonElement user = await identity.ChangeAsync(method, path, body, cancellationToken);
            Tell(parsed.GetValue(json), user, told(user));
            return 0;
        });
    }

    /// <exception cref="LabException">Nobody has the name.</exception>
    internal static async Task<string> FindAsync(IdentityConnection identity, string name, CancellationToken cancellationToken)
    {
        JsonElement page = await identity.GetAsync($"/v1/users?name={Uri.EscapeDataString(name)}", cancellationToken);
        return page.GetProperty("items").EnumerateArray().Select(static user => Text(user, "id")).FirstOrDefault()
            ?? throw new LabException($"There is no user {name}; see `back2code user list`.");
    }

    internal static Argument<string> Name() => new("name") { Description = "The user's name: small letters, digits, dot, underscore, hyphen." };

    private static void Tell(bool asJson, JsonElement user, string text) => Console.WriteLine(asJson ? user.GetRawText() : text);

    private static string Text(JsonElement user, string member) => user.GetProperty(member).GetString()!;
}
