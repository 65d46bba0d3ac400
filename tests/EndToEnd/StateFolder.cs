namespace Back2Code.EndToEndTests;

/// <summary>A state folder of the test's own, and the processes that live in it.</summary>
internal sealed class StateFolder : IDisposable
{
    /// <param name="parent">Where to make it; by default the system's temporary folder, which every user can enter.</param>
    public StateFolder(string? parent = null)
    {
        Path = System.IO.Path.Combine(parent ?? System.IO.Path.GetTempPath(), "b2c-" + Guid.NewGuid().ToString("N")[..8]);
    }

    public string Path { get; }

    /// <summary>
    /// Every process that works inside this folder or was started for it. The supervisor runs each child with its working folder inside the state
    /// folder, so this finds what the supervisor itself may have lost sight of.
    /// </summary>
    public IReadOnlyList<string> Processes()
    {
        var found = new List<string>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(System.IO.Path.GetFileName(folder), out var pid) || pid == Environment.ProcessId)
            {
                continue;
            }

            try
            {
                var working = new FileInfo($"{folder}/cwd").LinkTarget ?? "";
                var arguments = File.ReadAllText($"{folder}/cmdline").Replace('\0', ' ').Trim();
                if (arguments.Length > 0 && (working.StartsWith(Path, StringComparison.Ordinal) || arguments.Contains(Path, StringComparison.Ordinal)))
                {
                    found.Add($"{pid} {arguments}");
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // The process ended while we looked at it.
            }
        }

        return found;
    }

    public async Task AssertNothingIsLeftAsync(CancellationToken cancellationToken) =>
        await Eventually.HoldsAsync(
            () => Processes().Count == 0, TimeSpan.FromSeconds(5), () => "still running:\n" + string.Join('\n', Processes()), cancellationToken);

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
