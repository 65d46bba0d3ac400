namespace Back2Code.UnitTests.Architecture;

/// <summary>Who may know whom. A failure here is a design question, not a test to adjust.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly string[] Services = [.. Repository.ProjectsIn("Services").Select(project => project.Name)];
    private static readonly string[] Lab = [.. Repository.ProjectsIn("Lab").Select(project => project.Name)];

    [Fact]
    public void The_three_groups_are_the_whole_of_src() =>
        Assert.Equal(["Lab", "Platform", "Services"], Repository.Projects.Select(project => project.Group).Distinct().Order());

    [Fact]
    public void Platform_references_no_service_and_no_lab() => Assert.DoesNotContain(References("Platform"), IsServiceOrLab);

    [Fact]
    public void No_service_references_another_service_or_the_lab() => Assert.DoesNotContain(References("Services"), IsServiceOrLab);

    [Fact]
    public void The_lab_knows_services_by_topology_and_HTTP_only() =>
        Assert.DoesNotContain(References("Lab"), reference => Services.Contains(reference.To));

    [Fact]
    public void Resilience_is_the_ground_and_stands_on_nothing() =>
        Assert.Empty(Repository.Projects.Single(project => project.Name == "Back2Code.Resilience").References);

    [Fact]
    public void Data_and_Messaging_do_not_know_how_they_are_observed() =>
        Assert.DoesNotContain(References("Platform"), reference =>
            reference.From is "Back2Code.Data" or "Back2Code.Messaging" && reference.To is "Back2Code.Observability" or "Back2Code.ServiceDefaults");

    [Fact]
    public void Every_service_has_the_defaults() =>
        Assert.All(Repository.ProjectsIn("Services"), service => Assert.Contains("Back2Code.ServiceDefaults", service.References));

    private static bool IsServiceOrLab((string From, string To) reference) => Services.Contains(reference.To) || Lab.Contains(reference.To);

    private static IEnumerable<(string From, string To)> References(string group) =>
        Repository.ProjectsIn(group).SelectMany(project => project.References.Select(reference => (project.Name, reference)));
}
