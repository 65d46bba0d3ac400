namespace Back2Code.Lab.Supervision;

/// <summary>
/// A running platform: started by this process, which then is its lab, or found running and attached to.
/// When the process that started it dies, by whatever signal, so does the platform.
/// </summary>
public sealed class Platform : IAsyncDisposable
{
    private Platform(LabClient client, StatePaths paths, bool owned)
    {
        Client = client;
        Paths = paths;
        Owned = owned;
    }

    public LabClient Client { get; }

    public StatePaths Paths { get; }

    /// <summary>True when this process started it; then disposing stops it.</summary>
    public bool Owned { get; }

    /// <summary>Attaches to the platform on the state folder if one runs there, else starts it. Returns when every process is ready.</summary>
    /// <exception cref="LabException">It cannot start; the message says why and what to do. Nothing is left running.</exception>
    public static Task<Platform> StartOrAttachAsync(
        PlatformOptions options, IProgress<PlatformProgress>? progress, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>A bearer token of <paramref name="subject"/> that this platform's services accept.</summary>
    public string CreateToken(string subject, TimeSpan lifetime) => throw new NotImplementedException();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Task.CompletedTask;
    }
}
