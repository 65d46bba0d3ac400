using System.CommandLine;

namespace Back2Code.Cli.Commands;

internal static class SloCommand
{
    internal static Command Create() => new("slo", "Check and list OpenSLO v1 files, generate Prometheus rules from them, see how the budgets stand.")
    {
        SloValidateCommand.Create(), SloListCommand.Create(), SloGenerateCommand.Create(), SloStatusCommand.Create(),
    };
}
