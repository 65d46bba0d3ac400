namespace Back2Code.Lab.Traffic;

/// <summary>
/// Runtime settings to start `back2code traffic run` with where the processor is shared with the platform under test. `back2code bench traffic` prints
/// what it takes with them and without.
/// </summary>
public static class TrafficEnvironment
{
    /// <summary>Name of the variable with the client id that renews tokens (<c>--identity</c>).</summary>
    public const string IdentityClient = "BACK2CODE_IDENTITY_CLIENT";

    /// <summary>Name of the variable with its secret: a command line can be read by every user of the machine.</summary>
    public const string IdentitySecret = "BACK2CODE_IDENTITY_SECRET";

    public static IReadOnlyDictionary<string, string> Variables { get; } = new Dictionary<string, string>
    {
        // Idle pool threads sleep at once; spinning for the next request only pays when requests come every few microseconds.
        ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0",

        // Code instrumented for optimisation costs more in a run of a minute than the optimisation gives back.
        ["DOTNET_TieredPGO"] = "0",
    };
}
