namespace Back2Code.Chaos.Proxy.Toxics.Http;

/// <summary>Which requests a toxic means: a path (without query; a final * stands for any rest), a method, a share; empty for any.</summary>
internal sealed record HttpMatch(string Path, string Method, long Percent)
{
    public static HttpMatch Of(IReadOnlyDictionary<string, AttributeValue> attributes) =>
        new(attributes["path"].Text ?? "", attributes["method"].Text ?? "", attributes["percent"].Number);

    public bool Matches(HttpRequestHead request, Random random) =>
        (Method.Length == 0 || Method.Equals(request.Method, StringComparison.OrdinalIgnoreCase))
        && MatchesPath(request.Path)
        && (Percent >= 100 || random.Next(100) < Percent);

    private bool MatchesPath(string path) => Path switch
    {
        "" => true,
        [.. var start, '*'] => path.StartsWith(start, StringComparison.Ordinal),
        _ => path == Path,
    };
}
