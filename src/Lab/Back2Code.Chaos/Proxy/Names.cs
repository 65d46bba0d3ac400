namespace Back2Code.Chaos.Proxy;

/// <summary>Names of proxies and toxics: parts of a URL, a label of a metric, a word in a log.</summary>
internal static class Names
{
    private const int MaxLength = 255;

    /// <exception cref="ToxiproxyApiException">It could not be asked for by its name.</exception>
    public static string Check(string name) =>
        name.Length <= MaxLength && name is not ("." or "..") && !name.Any(c => c == '/' || char.IsControl(c))
            ? name
            : throw ToxiproxyApiException.BadBody($"name must be at most {MaxLength} characters, without slashes and control characters, and neither '.' nor '..'");
}
