using System.CommandLine;
using Back2Code.Authentication;
using Back2Code.Chaos.Identity;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

internal static class TokenCommand
{
    private const double Hours = 12;

    public static Command Create()
    {
        var state = LabOptions.State();
        var user = new Option<string>("--user") { Description = "Whose token: an analyst of this name is made if there is nobody.", Required = true, HelpName = "NAME" };
        var role = new Option<string?>("--role")
        {
            Description = $"The most that the token allows, within what the user may do: {string.Join(", ", Roles.All)}.",
            HelpName = "ROLE",
        };
        role.AcceptOnlyFromAmong([.. Roles.All]);
        var labKey = new Option<bool>("--lab-key")
        {
            Description = "Sign it with the key of this lab instead, for what happens while identity is away. The name is the subject itself, and --role (operator) all that it may do.",
        };
        var hours = new Option<double?>("--hours") { Description = $"With --lab-key: how long it is valid. [default: {Hours}]", HelpName = "N" };
        var command = new Command("token", """
            Print a bearer token of a user, from the identity service of the running platform. It lives for ten minutes.

            Examples:
              back2code token --user ada
              back2code token --user ada --role viewer
              curl -H "Authorization: Bearer $(back2code token --user ada)" http://127.0.0.1:18080/v1/notes
              back2code token --user ada --lab-key --hours 1
            """)
        {
            user, role, labKey, hours, state,
        };
        user.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && string.IsNullOrWhiteSpace(result.Tokens[0].Value))
            {
                result.AddError("--user needs a name.");
            }
        });
        hours.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is not (null or (> 0 and <= 24 * 365)))
            {
                result.AddError("--hours is more than 0 and at most 8760.");
            }
        });
        command.Validators.Add(result =>
        {
            if (result.GetValue(hours) is not null && !result.GetValue(labKey))
            {
                result.AddError("--hours goes with --lab-key: how long identity's tokens live is identity's to say.");
            }
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var platform = LabOptions.Read(parsed, state);
            Console.WriteLine(parsed.GetValue(labKey)
                ? Platform.CreateToken(platform, parsed.GetValue(user)!, TimeSpan.FromHours(parsed.GetValue(hours) ?? Hours), parsed.GetValue(role) ?? Roles.Operator)
                : await AskAsync(platform, parsed.GetValue(user)!, parsed.GetValue(role), cancellationToken));
            return 0;
        });
        return command;
    }

    private static async Task<string> AskAsync(PlatformOptions platform, string user, string? role, CancellationToken cancellationToken)
    {
        using var lab = await LabOptions.ConnectAsync(platform, cancellationToken);
        using var identity = new IdentityClient(await LabIdentity.OfAsync(lab, cancellationToken), TimeProvider.System);
        try
        {
            return await identity.ExchangeAsync(user, role is null ? null : Permissions.ScopeOf(role), cancellationToken);
        }
        catch (IdentityException e)
        {
            throw new LabException($"{e.Message} While it is away, --lab-key signs a token without it.", e);
        }
    }
}
