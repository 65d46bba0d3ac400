namespace Back2Code.Slo;

/// <summary>Reads OpenSLO v1 files.</summary>
public static class SloFiles
{
    /// <summary>Reads one file, or every <c>*.yaml</c> and <c>*.yml</c> file below a folder.</summary>
    /// <exception cref="SloFileException">At least one error; all of them are in the exception, each with file and line.</exception>
    public static SloCatalogue Load(string path) => Load([path]);

    /// <summary>Reads several files and folders as one catalogue, so that references may cross files.</summary>
    /// <exception cref="SloFileException">At least one error; all of them are in the exception, each with file and line.</exception>
    public static SloCatalogue Load(IEnumerable<string> paths) => throw new NotSupportedException(string.Join(',', paths));
}
