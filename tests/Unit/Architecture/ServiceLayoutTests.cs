using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Back2Code.UnitTests.Architecture;

public sealed partial class ServiceLayoutTests
{
    public static TheoryData<string> Services => [.. Repository.ProjectsIn("Services").Select(project => project.Name)];

    [Theory]
    [MemberData(nameof(Services))]
    public void Program_is_a_table_of_contents(string service) =>
        Assert.InRange(File.ReadLines(Path.Combine(Project(service).Folder, "Program.cs")).Count(), 1, 80);

    [Theory]
    [MemberData(nameof(Services))]
    public void Migrations_are_numbered_from_one_and_no_number_is_given_twice(string service)
    {
        string[] files = [.. Project(service).SourceFiles("*.sql").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

        Assert.All(files, file => Assert.Matches(MigrationName(), file));
        int[] numbers = [.. files.Select(file => int.Parse(file[..4], CultureInfo.InvariantCulture))];

        // Gaps are in order: parts of a service that are built side by side have a range of numbers each.
        Assert.Equal(1, numbers[0]);
        Assert.Equal(numbers.Distinct(), numbers);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Every_migration_is_inside_the_assembly(string service)
    {
        int onDisk = Project(service).SourceFiles("*.sql").Count();

        string[] embedded = [.. Assembly.Load(service).GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal))];

        Assert.Equal(onDisk, embedded.Length);
        Assert.All(embedded, name => Assert.Matches("Migrations[./][0-9]{4}_", name));
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void No_service_names_the_schema_of_another(string service)
    {
        var others = Repository.ProjectsIn("Services").Where(other => other.Name != service).Select(other => ShortName(other.Name) + ".").ToList();

        // A schema is named in SQL only with a dot behind it; routing keys and queues are quoted, and are contracts.
        var offences = Project(service).SourceFiles("*.sql")
            .SelectMany(file => File.ReadLines(file).Where(line => others.Exists(other => line.Contains($" {other}", StringComparison.OrdinalIgnoreCase))));

        Assert.Empty(offences);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void What_a_client_sends_is_a_public_type_or_would_not_be_validated(string service)
    {
        var hidden = Assembly.Load(service).GetTypes().Where(type => type.Name.EndsWith("Request", StringComparison.Ordinal) && !type.IsPublic);

        Assert.Empty(hidden);
    }

    private static SourceProject Project(string name) => Repository.Projects.Single(project => project.Name == name);

    private static string ShortName(string name) => name["Back2Code.".Length..];

    [GeneratedRegex("^[0-9]{4}_[a-z0-9_]+\\.sql$")]
    private static partial Regex MigrationName();
}
