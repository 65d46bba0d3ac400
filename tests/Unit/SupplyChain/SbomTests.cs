using System.Text.Json;
using System.Text.RegularExpressions;
using Back2Code.Lab.SupplyChain;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.SupplyChain;

/// <summary>
/// The bill of materials of this repository against the rules of CycloneDX 1.6 that it touches (the JSON reference of ECMA-424), and against
/// the lock files that it is made from.
/// </summary>
public sealed partial class SbomTests
{
    private static readonly string Text = Sbom.Write(Repository.Root, "src");
    private static readonly JsonElement Bom = JsonDocument.Parse(Text).RootElement;

    [Fact]
    public void The_document_says_what_it_is()
    {
        Assert.Equal("CycloneDX", Bom.GetProperty("bomFormat").GetString());
        Assert.Equal("1.6", Bom.GetProperty("specVersion").GetString());
        Assert.Equal(1, Bom.GetProperty("version").GetInt32());
        Assert.Matches("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", Bom.GetProperty("serialNumber").GetString());
    }

    [Fact]
    public void There_are_only_members_that_the_standard_has()
    {
        Assert.Empty(Bom.EnumerateObject().Select(member => member.Name).Except(["$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "dependencies"]));
        Assert.All(Components().Append(Bom.GetProperty("metadata").GetProperty("component")), component =>
            Assert.Empty(component.EnumerateObject().Select(member => member.Name).Except(["type", "bom-ref", "name", "version", "hashes", "licenses", "purl"])));
        Assert.All(Bom.GetProperty("dependencies").EnumerateArray(), dependency =>
            Assert.Empty(dependency.EnumerateObject().Select(member => member.Name).Except(["ref", "dependsOn"])));
    }

    [Fact]
    public void Every_component_has_a_type_a_name_and_a_reference_of_its_own()
    {
        Assert.All(Components(), component =>
        {
            Assert.Contains(component.GetProperty("type").GetString(), (string[])["application", "library"]);
            Assert.NotEmpty(component.GetProperty("name").GetString()!);
            Assert.Matches("^pkg:(nuget|generic)/[A-Za-z0-9._-]+@[0-9][A-Za-z0-9.%-]*$", component.GetProperty("purl").GetString());
        });
        string[] references = [.. References()];
        Assert.Equal(references.Distinct(), references);
    }

    [Fact]
    public void Every_package_has_its_SHA_512_in_lower_case_hex()
    {
        JsonElement[] packages = [.. Components().Where(component => component.GetProperty("purl").GetString()!.StartsWith("pkg:nuget/", StringComparison.Ordinal))];

        Assert.NotEmpty(packages);
        Assert.All(packages, package =>
        {
            var hash = Assert.Single(package.GetProperty("hashes").EnumerateArray());
            Assert.Equal("SHA-512", hash.GetProperty("alg").GetString());
            Assert.Matches("^[0-9a-f]{128}$", hash.GetProperty("content").GetString());
        });
    }

    [Fact]
    public void Dependencies_name_components_and_each_component_once()
    {
        var references = References().ToHashSet(StringComparer.Ordinal);
        string[] named = [.. Bom.GetProperty("dependencies").EnumerateArray().Select(dependency => dependency.GetProperty("ref").GetString()!)];

        Assert.Equal(references.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
        Assert.All(Bom.GetProperty("dependencies").EnumerateArray(), dependency =>
        {
            string[] needs = [.. dependency.GetProperty("dependsOn").EnumerateArray().Select(need => need.GetString()!)];
            Assert.Subset(references, needs.ToHashSet(StringComparer.Ordinal));
            Assert.Equal(needs.Distinct(), needs);
            Assert.DoesNotContain(dependency.GetProperty("ref").GetString(), needs);
        });
    }

    [Fact]
    public void It_has_every_package_of_every_lock_file_and_every_project()
    {
        // Read in another way than the product reads them.
        var locked = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "packages.lock.json", SearchOption.AllDirectories)
            .SelectMany(file => LockedPackage().Matches(File.ReadAllText(file)))
            .Select(match => $"pkg:nuget/{match.Groups["name"].Value}@{match.Groups["version"].Value}")
            .ToHashSet(StringComparer.Ordinal);

        var references = References().ToHashSet(StringComparer.Ordinal);

        Assert.Equal(locked.Order(StringComparer.Ordinal), references.Where(reference => reference.StartsWith("pkg:nuget/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.All(Repository.Projects, project => Assert.Contains(references, reference => reference.StartsWith($"pkg:generic/{project.Name}@", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_project_depends_on_what_it_references()
    {
        string[] needs = [.. Bom.GetProperty("dependencies").EnumerateArray()
            .Single(dependency => dependency.GetProperty("ref").GetString()!.StartsWith("pkg:generic/Back2Code.Data@", StringComparison.Ordinal))
            .GetProperty("dependsOn").EnumerateArray().Select(need => need.GetString()!.Split('@')[0])];

        Assert.Contains("pkg:generic/Back2Code.Resilience", needs);
        Assert.Contains("pkg:nuget/Npgsql", needs);
    }

    [Fact]
    public void The_same_lock_files_give_the_same_bytes_and_another_package_another_serial_number()
    {
        string changed = Sbom.Write(Repository.Root, "src", "bench");

        Assert.Equal(Text, Sbom.Write(Repository.Root, "src"));
        Assert.NotEqual(Bom.GetProperty("serialNumber").GetString(), JsonDocument.Parse(changed).RootElement.GetProperty("serialNumber").GetString());
        Assert.Contains("+ pkg:nuget/BenchmarkDotNet@0.14.0", SbomDifference.Between(Text, changed));
        Assert.Empty(SbomDifference.Between(Text, Text));
    }

    [Fact]
    public void One_package_with_two_hashes_is_an_error()
    {
        var one = Lock("One", Convert.ToBase64String(new byte[64]));
        var other = Lock("Other", Convert.ToBase64String([.. new byte[63], 1]));

        var error = Assert.Throws<InvalidDataException>(() => Sbom.Write([one, other], "1.0.0", null));

        Assert.Contains("P 1.0.0 has different hashes", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("not base64")]
    public void A_package_without_a_SHA_512_is_an_error(string hash) =>
        Assert.Throws<InvalidDataException>(() => Sbom.Write([Lock("One", hash)], "1.0.0", null));

    private static LockFile Lock(string project, string hash) => LockFile.Parse(
        project,
        JsonSerializer.SerializeToUtf8Bytes(new { version = 2, dependencies = new { net10 = new { P = new { type = "Direct", resolved = "1.0.0", contentHash = hash } } } }));

    private static JsonElement[] Components() => [.. Bom.GetProperty("components").EnumerateArray()];

    private static IEnumerable<string> References() =>
        Components().Append(Bom.GetProperty("metadata").GetProperty("component")).Select(component => component.GetProperty("bom-ref").GetString()!);

    [GeneratedRegex("\"(?<name>[A-Za-z0-9._-]+)\": \\{\\s*\"type\": \"(Direct|Transitive|CentralTransitive)\",\\s*(\"requested\": \"[^\"]*\",\\s*)?\"resolved\": \"(?<version>[^\"]+)\"")]
    private static partial Regex LockedPackage();
}
