using System.Xml.Linq;

namespace Back2Code.UnitTests.Architecture;

/// <summary>The sources that this test program was built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    public static IEnumerable<SourceProject> Projects { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(SourceProject.Load)];

    public static IEnumerable<SourceProject> ProjectsIn(string group) => Projects.Where(project => project.Group == group);

    private static string FindRoot(string folder)
    {
        for (DirectoryInfo? candidate = new(folder); candidate is not null; candidate = candidate.Parent)
        {
            if (File.Exists(Path.Combine(candidate.FullName, "Back2Code.slnx")))
            {
                return candidate.FullName;
            }
        }

        throw new InvalidOperationException($"No folder above {folder} holds Back2Code.slnx.");
    }
}

/// <param name="Name">Of the project, for example Back2Code.Notes.</param>
/// <param name="Group">Platform, Services or Lab.</param>
/// <param name="References">Names of the projects that it references itself.</param>
internal sealed record SourceProject(string Name, string Group, string Folder, IReadOnlyList<string> References)
{
    public static SourceProject Load(string path) => new(
        Path.GetFileNameWithoutExtension(path),
        Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(path)))!,
        Path.GetDirectoryName(path)!,
        [.. XDocument.Load(path).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/')))]);

    public IEnumerable<string> SourceFiles(string pattern) =>
        Directory.EnumerateFiles(Folder, pattern, SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Folder, file).StartsWith("obj", StringComparison.Ordinal));
}
