using System.CommandLine;
using Back2Code.Authentication;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

internal static class TokenCommand
{
    public static Command Create()
    {
        var state = LabOptions.State();
        var user = new Option<string>("--user") { Description = "The subject: whose notes are meant.", Required = true, HelpName = "NAME" };
        var role = new Option<string>("--role")
        {
            Description = $"What the token allows: {string.Join(", ", Roles.All)}.",
            HelpName = "ROLE",
            DefaultValueFactory = _ => Roles.Operator,
        };
        role.AcceptOnlyFromAmong([.. Roles.All]);
        var hours = new Option<double>("--hours") { Description = "How long it is valid.", DefaultValueFactory = _ => 12 };
        var command = new Command("token", """
            Print a bearer token for a user, signed with the key of this platform. It stands in for the identity service.

            Examples:
              back2code token --user ada
              back2code token --user ada --role viewer
              curl -H "Authorization: Bearer $(back2code token --user ada)" http://127.0.0.1:18080/v1/notes
            """)
        {
            user, role, hours, state,
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
            if (result.GetValueOrDefault<double>() is not (> 0 and <= 24 * 365))
            {
                result.AddError("--hours is more than 0 and at most 8760.");
            }
        });
        command.SetAction(parsed =>
        {
            Console.WriteLine(Platform.CreateToken(
                LabOptions.Read(parsed, state), parsed.GetValue(user)!, TimeSpan.FromHours(parsed.GetValue(hours)), parsed.GetValue(role)!));
            return 0;
        });
        return command;
    }
}
