using Back2Code.IntegrationTests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace Back2Code.IntegrationTests;

/// <summary>The classes that take a minute and more begin, so that no core is left alone with one of them at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = [nameof(Faults.ServiceFaultTests), "RabbitMqFaultTests"];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderByDescending(c => Array.Exists(Long, name => c.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal)))];
}
