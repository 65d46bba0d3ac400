namespace Back2Code.UnitTests.Supervision;

internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "topology.yaml")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("There is no topology.yaml above the tests.");
    }
}
