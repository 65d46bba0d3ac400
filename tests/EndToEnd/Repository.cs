namespace Back2Code.EndToEndTests;

/// <summary>Where the checkout under test lies: the folder above the test assembly that holds <c>topology.yaml</c>.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Launcher => Path.Combine(Root, "back2code");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "topology.yaml")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No topology.yaml above {AppContext.BaseDirectory}; the tests must run from inside the checkout.");
    }
}
