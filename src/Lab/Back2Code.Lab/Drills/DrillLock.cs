using System.Globalization;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Drills;

/// <summary>One drill at a time on a platform: two would explain each other's failures.</summary>
internal sealed class DrillLock : IDisposable
{
    private readonly FileStream _file;

    private DrillLock(FileStream file) => this._file = file;

    /// <exception cref="LabException">Another drill runs; the message names its process.</exception>
    public static DrillLock Take(string stateDirectory)
    {
        var path = Path.Combine(stateDirectory, "drill.lock");
        try
        {
            // The kernel drops the lock with its holder, however that dies; the file itself may stay.
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
            return new DrillLock(file);
        }
        catch (IOException e)
        {
            throw new LabException($"Another drill runs on {stateDirectory}{Holder(path)}. Wait for its end, or use another platform with --state DIR --port-base auto.", e);
        }
    }

    public void Dispose() => _file.Dispose();

    private static string Holder(string path)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd() is { Length: > 0 } pid ? $" (pid {pid})" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
