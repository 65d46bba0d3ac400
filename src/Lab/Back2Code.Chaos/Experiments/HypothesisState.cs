using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments;

/// <summary>One check of the hypothesis. It stops at the first probe that misses, so later probes are absent.</summary>
/// <param name="Met">Whether every probe was within its tolerance.</param>
/// <param name="Probes">The probes that ran.</param>
public sealed record HypothesisState(bool Met, IReadOnlyList<ActivityResult> Probes)
{
    /// <summary>The probe that missed, if one did.</summary>
    public ActivityResult? Missed => Probes.FirstOrDefault(p => p.ToleranceMet == false);

    public JsonObject ToJson(SecretMask? mask = null) => new()
    {
        ["steady_state_met"] = Met,
        ["probes"] = new JsonArray([.. Probes.Select(p => p.ToJson(mask))]),
    };

    /// <summary>Whether the probe that missed gave no answer at all.</summary>
    public bool Errored => Missed is { Succeeded: false };

    /// <param name="hypothesis">Whose probes run, in order.</param>
    /// <param name="patiently">Probes that the extension gives time are given it; else one look decides.</param>
    internal static async Task<HypothesisState> CheckAsync(
        Hypothesis hypothesis, ActivityRunner runner, ExperimentScope scope, bool patiently, CancellationToken cancellationToken)
    {
        var probes = new List<ActivityResult>();
        foreach (var probe in hypothesis.Probes)
        {
            var result = patiently ? await runner.ProbePatientlyAsync(probe, scope, cancellationToken) : await runner.ProbeAsync(probe, scope, cancellationToken);
            probes.Add(result);
            if (result.ToleranceMet != true)
            {
                return new HypothesisState(false, probes);
            }
        }

        return new HypothesisState(true, probes);
    }
}
