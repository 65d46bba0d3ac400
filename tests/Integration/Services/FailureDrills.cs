namespace Back2Code.IntegrationTests.Services;

/// <summary>
/// Tests that measure how long answers take while a server is down. They run alone, after the others: two cores shared with
/// three dozen tests would be the failure that they measure.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FailureDrills
{
    public const string Name = "Failure drills";
}
