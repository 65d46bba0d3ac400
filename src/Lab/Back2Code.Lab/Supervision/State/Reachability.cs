using System.Diagnostics;

namespace Back2Code.Lab.Supervision.State;

/// <summary>As root: can the user that the children run as read the programs and write the data? Asked of the kernel, as that user.</summary>
internal static class Reachability
{
    public static async Task ThrowUnlessReachableAsync(StateFolder state, IEnumerable<string> programs, CancellationToken cancellationToken)
    {
        if (!state.User.Drop)
        {
            return;
        }

        if (await FirstUnreachableAsync(state, "-w", [state.Paths.Config, state.RunDirectory], cancellationToken) is { } folder)
        {
            throw new LabException($"User {state.User.Name}, whom root runs the platform as, cannot reach {folder}. Choose a state folder that every user may enter, such as --state /var/lib/back2code/state.");
        }

        if (await FirstUnreachableAsync(state, "-r", programs.Distinct(), cancellationToken) is { } program)
        {
            throw new LabException($"User {state.User.Name}, whom root runs the platform as, cannot read {program}. Start with the launcher ./back2code, which copies the programs to where it can.");
        }
    }

    private static async Task<string?> FirstUnreachableAsync(StateFolder state, string test, IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        string[] command = [.. state.User.Prefix(), "/bin/sh", "-c", "t=$1; shift; for p; do [ \"$t\" \"$p\" ] || { echo \"$p\"; exit 1; }; done", "sh", test, .. paths];
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, WorkingDirectory = "/" })!;
        var answer = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? null : answer.Trim();
    }
}
