namespace Back2Code.EndToEndTests;

/// <summary>A folder that ends with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("b2c-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
