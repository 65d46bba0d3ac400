using System.Diagnostics;
using System.Globalization;

namespace Back2Code.Lab.Supervision.Linux;

/// <summary>
/// Whom the children run as. An ordinary user runs them as himself; root drops them to an unprivileged user,
/// for PostgreSQL refuses to be root and nothing else needs to be.
/// </summary>
internal sealed record RunUser(string Name, int User, int Group, bool Drop)
{
    public const string Variable = "BACK2CODE_USER";

    public static async Task<RunUser> ResolveAsync(CancellationToken cancellationToken)
    {
        if (!Posix.IsRoot)
        {
            return new RunUser(Environment.UserName, Posix.EffectiveUser, -1, Drop: false);
        }

        var name = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? given : "postgres";
        // getent and not /etc/passwd: the user may come from a directory service.
        var entry = (await ReadAsync("getent", ["passwd", name], cancellationToken)).Split(':');
        if (entry.Length < 4)
        {
            throw new LabException($"Root needs an unprivileged user to run the platform as, and there is no user '{name}'. Name one in {Variable}.");
        }

        var user = new RunUser(name, int.Parse(entry[2], CultureInfo.InvariantCulture), int.Parse(entry[3], CultureInfo.InvariantCulture), Drop: true);
        return user.User == 0 ? throw new LabException($"{Variable} names root; PostgreSQL refuses to run as root. Name an ordinary user.") : user;
    }

    /// <summary>What stands before a command: it becomes its own session, loses all rights, and dies with the thread that started it.</summary>
    public IEnumerable<string> Prefix() =>
    [
        // A session of its own: Ctrl-C at the terminal reaches the lab alone, which then stops the children in order.
        "setsid", "setpriv",
        .. Drop ? (string[])[$"--reuid={User}", $"--regid={Group}", "--clear-groups"] : [],
        "--no-new-privs", "--pdeathsig", "KILL", "--",
    ];

    public void Own(string path)
    {
        if (Drop)
        {
            Posix.ChangeOwner(path, User, Group);
        }
    }

    private static async Task<string> ReadAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return output.Trim();
    }
}
