using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments;

/// <summary>How an activity is carried out.</summary>
public abstract record Provider
{
    private protected Provider()
    {
    }

    /// <summary>Names of the secret groups that its placeholders may use.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Seconds: a number, a placeholder, or for HTTP [connect, read], of which the sum counts.</summary>
    public JsonNode? Timeout { get; init; }

    /// <summary>Whether it runs, reads or changes something on this machine, which a file from the network may not do unasked.</summary>
    public virtual bool TouchesThisMachine => false;
}

/// <summary>A call over HTTP. Any status is a success of the call; its tolerance judges the status.</summary>
public sealed record HttpProvider : Provider
{
    public required string Url { get; init; }

    public string Method { get; init; } = "GET";

    public JsonObject? Headers { get; init; }

    public JsonNode? Arguments { get; init; }

    public bool VerifyTls { get; init; } = true;

    public int MaxRetries { get; init; }
}

/// <summary>A program run to its end. Any exit code is a success of the run; its tolerance judges the code.</summary>
public sealed record ProcessProvider : Provider
{
    public required string Path { get; init; }

    /// <summary>Text goes through the shell; a list is passed as it is; a map is flattened to key, value, key, value.</summary>
    public JsonNode? Arguments { get; init; }

    public override bool TouchesThisMachine => true;
}

/// <summary>One of the functions of Python's standard library that experiment files call, carried out here.</summary>
public sealed record PythonProvider : Provider
{
    public required string Module { get; init; }

    public required string Function { get; init; }

    public JsonObject? Arguments { get; init; }

    public override bool TouchesThisMachine => true;
}

/// <summary>A query to Prometheus that gives one number. Ours; the reference does not know it.</summary>
public sealed record PromqlProvider : Provider
{
    public required string Query { get; init; }

    /// <summary>Base URL of Prometheus.</summary>
    public string Prometheus { get; init; } = "${prometheus}";
}

/// <summary>What is known of a service level objective: its budget or how fast it burns. Ours.</summary>
public sealed record SloProvider : Provider
{
    public required string Slo { get; init; }

    public SloMeasure Measure { get; init; }

    /// <summary>Name of the window, for <see cref="SloMeasure.BurnRate"/> and <see cref="SloMeasure.ErrorRatio"/>.</summary>
    public string Window { get; init; } = "5m";

    public string Prometheus { get; init; } = "${prometheus}";
}

/// <summary>A figure of a service level objective.</summary>
public enum SloMeasure
{
    /// <summary>Share of the error budget that is left: 1 untouched, 0 spent.</summary>
    Remaining,
    BurnRate,
    ErrorRatio,
    Objective,
}

/// <summary>A query to PostgreSQL, in a read-only transaction. Ours.</summary>
public sealed record SqlProvider : Provider
{
    public required string Connection { get; init; }

    public required string Query { get; init; }

    /// <summary>A database superuser's <c>COPY … TO PROGRAM</c> runs programs where the server is, also in a transaction that cannot write.</summary>
    public override bool TouchesThisMachine => true;
}

/// <summary>Lines of a log file that match a pattern. Ours.</summary>
public sealed record LogProvider : Provider
{
    public required string Path { get; init; }

    public required string Pattern { get; init; }

    /// <summary>Only lines written since the run began, or the whole file.</summary>
    public bool SinceStart { get; init; } = true;

    /// <summary>The output is the list of lines instead of their number.</summary>
    public bool GivesLines { get; init; }

    public override bool TouchesThisMachine => true;
}
