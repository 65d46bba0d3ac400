namespace Back2Code.Chaos.Faults.Processes;

/// <summary>Signals by their numbers on Linux.</summary>
internal sealed record Signal(string Name, int Number)
{
    public static readonly Signal Interrupt = new("SIGINT", 2);
    public static readonly Signal Kill = new("SIGKILL", 9);
    public static readonly Signal Terminate = new("SIGTERM", 15);
    public static readonly Signal Continue = new("SIGCONT", 18);
    public static readonly Signal Stop = new("SIGSTOP", 19);
}
