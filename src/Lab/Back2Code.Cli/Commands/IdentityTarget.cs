using System.CommandLine;

namespace Back2Code.Cli.Commands;

/// <summary>Which platform is meant, and who asks: the options of every command that talks to the identity service.</summary>
/// <param name="role">What the token of a platform of this machine allows.</param>
internal sealed class IdentityTarget(string role)
{
    private readonly Option<string?> _state = LabOptions.State();
    private readonly Option<string?> _url = new("--url") { Description = "Address of a gateway or identity service elsewhere; its bearer token comes from BACK2CODE_TOKEN.", HelpName = "URL" };
    private readonly Option<string> _user = new("--user") { Description = "In whose name, on a platform of this machine.", HelpName = "NAME", DefaultValueFactory = _ => Environment.UserName };

    public Command AddTo(Command command, Func<ParseResult, IdentityConnection, CancellationToken, Task<int>> run)
    {
        command.Options.Add(_state);
        command.Options.Add(_url);
        command.Options.Add(_user);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using IdentityConnection connection = parsed.GetValue(_url) is { } url
                ? IdentityConnection.Connect(url)
                : await IdentityConnection.ConnectAsync(LabOptions.Read(parsed, _state), parsed.GetRequiredValue(_user), role, cancellationToken);
            return await run(parsed, connection, cancellationToken);
        });
        return command;
    }
}
