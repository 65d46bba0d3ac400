namespace Back2Code.Chaos.Faults.Keys;

/// <summary>What a process has written to its log since now.</summary>
internal sealed class LogTail
{
    private readonly string _path;
    private readonly long _from;

    public LogTail(IFaultTarget platform, string process)
    {
        _path = Path.Combine(platform.StateDirectory, "logs", process + ".log");
        _from = File.Exists(_path) ? new FileInfo(_path).Length : 0;
    }

    public bool Has(string text)
    {
        try
        {
            using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

            // Shorter than before: the lab has cut its beginning off.
            file.Position = file.Length < _from ? 0 : _from;
            return new StreamReader(file).ReadToEnd().Contains(text, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
