using System.CommandLine;

namespace Back2Code.Cli.Commands;

/// <summary>The <c>--state</c> of a command that is about no platform: the command itself does not look at it. What a killed platform left there is undone all the same (<see cref="SettledFaults"/>).</summary>
internal sealed class UnusedState : Option<string?>
{
    public UnusedState()
        : base(LabOptions.StateName)
    {
        Description = "Taken as by every command; this one reads no state folder.";
        HelpName = "DIR";
    }
}
