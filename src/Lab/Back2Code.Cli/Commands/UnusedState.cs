using System.CommandLine;

namespace Back2Code.Cli.Commands;

/// <summary>The <c>--state</c> of a command that is about no platform: taken, and not looked at.</summary>
internal sealed class UnusedState : Option<string?>
{
    public UnusedState()
        : base(LabOptions.StateName)
    {
        Description = "Taken as by every command; this one reads no state folder.";
        HelpName = "DIR";
    }
}
