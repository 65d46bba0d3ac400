using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.JsonPaths;

/// <summary>Which texts are paths.</summary>
public enum JsonPathDialect
{
    /// <summary>RFC 9535, nothing more.</summary>
    Rfc9535,

    /// <summary>RFC 9535 and what experiment files written for Python's jsonpath2 use: <c>=</c> as well as <c>==</c>, and dashes in <c>.first-name</c>.</summary>
    ChaosToolkit,
}

/// <summary>A compiled JSONPath query (RFC 9535). Immutable and thread-safe.</summary>
public sealed class JsonPath
{
    private readonly Query _query;

    private JsonPath(Query query) => _query = query;

    /// <exception cref="FormatException">Not a path of the dialect; the message names the position, from 1.</exception>
    public static JsonPath Parse(string text, JsonPathDialect dialect = JsonPathDialect.Rfc9535)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new JsonPath(new PathParser(text, dialect).ParsePath());
    }

    /// <summary>The values of the nodes found, in the order of the RFC. A value may be null (JSON's null).</summary>
    /// <exception cref="JsonPathLimitException">The query visits more nodes than <see cref="PathEvaluation.MaxVisits"/>.</exception>
    public IReadOnlyList<JsonNode?> Select(JsonNode? root) => new PathEvaluation(root).Run(_query);
}

/// <summary>The query is well-formed but would take too long on this document.</summary>
public sealed class JsonPathLimitException(string message) : Exception(message);
