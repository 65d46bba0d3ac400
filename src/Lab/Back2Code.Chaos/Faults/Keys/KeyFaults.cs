using Back2Code.Chaos.Faults.Settings;

namespace Back2Code.Chaos.Faults.Keys;

/// <summary>Keys that a service cannot get.</summary>
internal static class KeyFaults
{
    public static SettingFault Unreachable { get; } = new()
    {
        Type = "keys.unreachable",
        Family = "keys",
        Summary = "Restarts a service that gets its public keys from an address where nobody answers.",
        Symptom = "503 with Retry-After for every request with a token, and not 401: the service cannot tell, and clients keep their tokens. It is ready all the same.",
        Example = new("notes-1"),
        Change = (_, _) => new()
        {
            ["Authentication__JwksPath"] = null,

            // Nor does it remember the keys of its last life.
            ["Authentication__JwksCachePath"] = null,
            ["Authentication__JwksUri"] = "http://127.0.0.1:1/jwks.json",
        },
    };
}
