namespace Back2Code.Chaos.Experiments.Documents;

/// <summary>Far above any real experiment, and small enough that a hostile file cannot exhaust memory or stack.</summary>
internal static class DocumentLimits
{
    public const int MaxDepth = 64;
    public const int MaxNodes = 100_000;
    public const long MaxBytes = 1024 * 1024;
}
