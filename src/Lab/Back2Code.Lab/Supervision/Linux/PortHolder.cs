using System.Globalization;

namespace Back2Code.Lab.Supervision.Linux;

/// <summary>Who listens on a port, from /proc. Only root can look into other users' processes; then the user's number is all there is.</summary>
internal static class PortHolder
{
    public static string Describe(int port, bool udp)
    {
        string[] tables = udp ? ["/proc/net/udp", "/proc/net/udp6"] : ["/proc/net/tcp", "/proc/net/tcp6"];
        foreach (var table in tables)
        {
            foreach (var line in Lines(table))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                // 0A is TCP_LISTEN; bound UDP sockets are in state 07.
                if (fields.Length > 9 && fields[3] == (udp ? "07" : "0A") && PortOf(fields[1]) == port)
                {
                    return Owner(fields[9]) ?? $"a process of user {fields[7]}";
                }
            }
        }

        return "a process that cannot be seen from here";
    }

    private static string? Owner(string inode)
    {
        var wanted = $"socket:[{inode}]";
        foreach (var pid in ProcFs.AllPids())
        {
            if (Sockets(pid).Contains(wanted))
            {
                var command = ProcFs.CommandLine(pid) is { Length: > 0 } line ? line : ProcFs.Stat(pid)?.Name;
                return $"pid {pid} ({(command?.Length > 60 ? command[..60] + "…" : command)})";
            }
        }

        return null;
    }

    private static IEnumerable<string> Sockets(int pid)
    {
        string[] descriptors;
        try
        {
            descriptors = Directory.GetFiles($"/proc/{pid}/fd");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (var descriptor in descriptors)
        {
            string? target;
            try
            {
                target = new FileInfo(descriptor).LinkTarget;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            if (target is not null)
            {
                yield return target;
            }
        }
    }

    private static int PortOf(string address) =>
        int.Parse(address.AsSpan(address.LastIndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static List<string> Lines(string table)
    {
        try
        {
            return File.ReadLines(table).Skip(1).ToList();
        }
        catch (IOException)
        {
            return [];
        }
    }
}
