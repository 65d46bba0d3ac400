using System.Globalization;

namespace Back2Code.Chaos.Faults.Settings;

/// <summary>The environment that a process was started with, as the kernel has it.</summary>
internal static class ProcessEnvironment
{
    /// <exception cref="FaultException">The process is gone, or belongs to somebody else.</exception>
    public static IReadOnlyDictionary<string, string> Read(string process, int pid)
    {
        try
        {
            var variables = new Dictionary<string, string>();
            foreach (string variable in File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ")).Split('\0', StringSplitOptions.RemoveEmptyEntries))
            {
                int equals = variable.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0)
                {
                    variables[variable[..equals]] = variable[(equals + 1)..];
                }
            }

            return variables;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FaultException($"The settings of {process}, pid {pid}, cannot be read: {e.Message}", e);
        }
    }
}
