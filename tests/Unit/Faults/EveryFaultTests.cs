using System.Text.RegularExpressions;
using Back2Code.Chaos.Faults;

namespace Back2Code.UnitTests.Faults;

/// <summary>What holds for every fault of the catalogue, those to come included.</summary>
public sealed partial class EveryFaultTests
{
    public static TheoryData<string> Types { get; } = [.. FaultCatalogue.All.Select(f => f.Type)];

    [Theory]
    [MemberData(nameof(Types))]
    public void It_is_named_area_dot_what_happens(string type) => Assert.Matches(Named(), type);

    [Theory]
    [MemberData(nameof(Types))]
    public void It_belongs_to_a_family_that_there_is(string type) => Assert.Contains(FaultCatalogue.Find(type).Family, FaultFamilies.All);

    [Theory]
    [MemberData(nameof(Types))]
    public void It_says_in_sentences_what_it_does_and_what_to_expect(string type)
    {
        var fault = FaultCatalogue.Find(type);

        Assert.All([fault.Summary, fault.Symptom], text => Assert.Matches(Sentence(), text));
        Assert.NotEqual(fault.Summary, fault.Symptom);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void It_says_in_sentences_what_proves_it_and_how_it_is_undone(string type)
    {
        var fault = FaultCatalogue.Find(type);

        Assert.All([fault.Receipt, fault.Undo], text => Assert.Matches(Sentence(), text));
        Assert.Equal(4, new[] { fault.Summary, fault.Symptom, fault.Receipt, fault.Undo }.Distinct().Count());
        Assert.True(!fault.Undo.StartsWith("Nothing to", StringComparison.Ordinal) || !fault.Lasts, $"{type} lasts, and says: {fault.Undo}");
    }

    /// <summary>Two faults may be undone alike, yet what proves one proves no other.</summary>
    [Fact]
    public void No_two_have_the_same_receipt() =>
        Assert.Empty(FaultCatalogue.All.GroupBy(f => f.Receipt).Where(g => g.Count() > 1).Select(g => $"{string.Join(", ", g.Select(f => f.Type))}: {g.Key}"));

    [Theory]
    [InlineData("link.latency", "latency")]
    [InlineData("gateway.weight", "weight")]
    [InlineData("time.skew", "clock-skew")]
    [InlineData("postgres.low-work-mem", "work_mem")]
    [InlineData("rabbitmq.disk-alarm", "disk")]
    public void Families_build_what_undoes_a_fault_from_its_own_data(string type, string named) =>
        Assert.Contains(named, FaultCatalogue.Find(type).Undo, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Types))]
    public void Its_parameters_have_names_of_their_own_and_say_what_they_are_and_may_be(string type)
    {
        var parameters = FaultCatalogue.Find(type).Parameters;

        Assert.Equal(parameters.Count, parameters.Select(p => p.Name).Distinct().Count());
        Assert.All(parameters, p => Assert.Matches(Camel(), p.Name));
        Assert.All(parameters, p => Assert.Matches(Sentence(), p.Summary));
        Assert.All(parameters, p => Assert.NotEmpty(p.Allowed));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Its_example_is_in_range(string type)
    {
        var fault = FaultCatalogue.Find(type);

        Assert.Empty(FaultCatalogue.Validate(type, fault.Example.Target, fault.Example.Parameters, fault.Lasts ? TimeSpan.FromSeconds(1) : null));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void It_refuses_nonsense_for_each_of_its_parameters(string type)
    {
        var fault = FaultCatalogue.Find(type);

        Assert.All(fault.Parameters.Where(p => p is DurationParameter or NumberParameter or RatioParameter or ChoiceParameter), p =>
        {
            var values = fault.Example.Parameters.ToDictionary(e => e.Key, e => e.Value);
            values[p.Name] = "no such value";
            Assert.Contains($"parameter '{p.Name}'", Assert.Single(FaultCatalogue.Validate(type, fault.Example.Target, values, null)), StringComparison.Ordinal);
        });
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void One_that_needs_root_names_one_that_does_not(string type)
    {
        var fault = FaultCatalogue.Find(type);

        Assert.Equal(fault.Needs == FaultNeeds.Root, fault.Instead is not null);
        Assert.True(fault.Instead is null || FaultCatalogue.Find(fault.Instead).Needs == FaultNeeds.User);
    }

    [GeneratedRegex(@"\A[a-z]+\.[a-z]+(-[a-z]+)*\z")]
    private static partial Regex Named();

    [GeneratedRegex(@"\A[a-z][A-Za-z0-9]*\z")]
    private static partial Regex Camel();

    [GeneratedRegex(@"\A['A-Z0-9].*[.]\z")]
    private static partial Regex Sentence();
}
