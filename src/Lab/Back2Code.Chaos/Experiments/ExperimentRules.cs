namespace Back2Code.Chaos.Experiments;

/// <summary>How strictly a file is read, and how far it is trusted.</summary>
public sealed record ExperimentRules
{
    public static readonly ExperimentRules Strict = new();

    /// <summary>As the reference reads it: a repeated key is overwritten, and our own providers do not exist.</summary>
    public bool Compat { get; init; }

    /// <summary>The file came over the network and nobody said <c>--allow-process</c>: providers that touch this machine are errors.</summary>
    public bool RemoteOnly { get; init; }

    /// <summary>Only validate: what a run would refuse for lack of permission is a warning.</summary>
    public bool ValidateOnly { get; init; }
}

/// <summary>Which activities are skipped; they count as done, without output.</summary>
public enum DryMode
{
    None,
    Probes,
    Actions,
    Activities,

    /// <summary>Everything runs, but nothing waits.</summary>
    Pause,
}

/// <summary>How activities are carried out in one run.</summary>
public sealed record ActivityRules
{
    public static readonly ActivityRules Default = new();

    /// <summary>The letter of the reference where it differs from what helps: exact content types, no time-outs of our own.</summary>
    public bool Compat { get; init; }

    public DryMode Dry { get; init; }

    /// <summary>False: no certificate is checked, whatever the file says.</summary>
    public bool VerifyTls { get; init; } = true;

    /// <summary>For HTTP calls that do not say; null: no limit.</summary>
    public TimeSpan? HttpTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For programs that do not say; null: no limit.</summary>
    public TimeSpan? ProcessTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
