namespace Back2Code.Resilience;

/// <summary>
/// <c>metrics-gap</c> and <c>readiness-lie</c>: what others ask this process in order to judge it is answered wrongly, while it serves as ever (or does not).
/// </summary>
internal sealed class ProbeLie(string kind, string id, DateTimeOffset endsAt, string path, ProbeAnswer answer) : Disturbance(kind, id, endsAt)
{
    /// <summary>What is answered instead of the truth; null when this is not what was asked for.</summary>
    public ProbeAnswer? AnswerTo(string asked)
    {
        if (asked != path)
        {
            return null;
        }

        CountSeen();
        CountStruck();
        return answer;
    }
}

/// <summary>A wrong answer to a probe.</summary>
internal enum ProbeAnswer
{
    /// <summary>The connection is cut.</summary>
    Nothing,

    /// <summary>200 with an empty body.</summary>
    Empty,

    /// <summary>200: all is well.</summary>
    Well,

    /// <summary>503: send no traffic.</summary>
    Unwell,
}
