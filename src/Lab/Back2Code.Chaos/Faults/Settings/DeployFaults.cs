using System.Globalization;

namespace Back2Code.Chaos.Faults.Settings;

/// <summary>Releases that are bad. Until deploys exist, a release is a restart with other settings, and its end is the rollback.</summary>
internal static class DeployFaults
{
    public static SettingFault BadRelease { get; } = new()
    {
        Type = "deploy.bad-release",
        Family = "deploy",
        Summary = "Restarts a service as a release that fails a share of its requests, or makes them slow; ending the fault rolls it back.",
        Symptom = "Errors or slow answers from the replicas that were restarted a moment ago, none from the others; everything they depend on is well.",
        Receipt = "The kernel's record of the new process has the errors or the latency of the release, and it is ready.",
        Example = new("notes-1", ("errors", "0.2")),
        Parameters =
        [
            new RatioParameter("errors", "The share of requests that answer 500."),
            new DurationParameter("latency", "What it adds to each request.", TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(60)),
        ],
        Change = (_, s) =>
        {
            var change = new Dictionary<string, string?>();
            if (s.Ratio("errors", 0) is > 0 and var errors)
            {
                change["Chaos__ReleaseErrors"] = errors.ToString(CultureInfo.InvariantCulture);
            }

            if (s.Duration("latency") is { } latency)
            {
                change["Chaos__ReleaseLatency"] = latency.ToString("c", CultureInfo.InvariantCulture);
            }

            return change.Count > 0 ? change : throw new FaultException("deploy.bad-release: give errors, or latency, or both; a release with neither is not bad.");
        },
    };

    public static SettingFault SlowStart { get; } = new()
    {
        Type = "deploy.slow-start",
        Family = "deploy",
        Summary = "Restarts a service as a release that takes long to be ready.",
        Symptom = "The replica runs, answers that it is alive, and gets no traffic; a roll-out that does not wait for readiness takes the next one down meanwhile.",
        Receipt = "The kernel's record of the new process has the delay of its start, and it is not ready after 8 s.",
        Example = new("notes-1", ("delay", "30s")),
        Parameters = [new DurationParameter("delay", "How much longer it takes.", TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10), Required: true)],
        Change = (_, s) => new() { ["Chaos__StartDelay"] = s.Duration("delay")!.Value.ToString("c", CultureInfo.InvariantCulture) },
        Effect = SettingEffect.NotReady,
    };

    public static SettingFault BrokenArtifact { get; } = new()
    {
        Type = "deploy.broken-artifact",
        Family = "deploy",
        Summary = "Restarts a service as a release of which a part is missing, so that it ends before its first line.",
        Symptom = "The process restarts again and again and its log ends with what could not be loaded. ReplicaDown, TargetDown.",
        Receipt = "The release has been started twice, or once and has ended; no start of it lives.",
        Example = new("notes-1"),
        Change = (_, _) => new() { ["DOTNET_STARTUP_HOOKS"] = "/nonexistent/Missing.dll" },
        Effect = SettingEffect.Ends,
    };
}
