namespace Back2Code.Lab.GameDays;

/// <summary>What the operator did and when. Written by the API, read by the run; bounded, since whoever has the token may write without end.</summary>
internal sealed class GameDayBook(TimeProvider clock)
{
    public const int MostActs = 1_000;
    public const int LongestText = 65_536;

    private readonly Lock _gate = new();
    private readonly List<OperatorAct> _acts = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _hints;

    /// <summary>Done when the operator has ended the game day.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Done when the operator has done something after this was read.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    public IReadOnlyList<OperatorAct> Acts
    {
        get
        {
            lock (_gate)
            {
                return [.. _acts];
            }
        }
    }

    /// <returns>Null when the book is full.</returns>
    public OperatorAct? Add(OperatorActKind kind, string? component = null, string? cause = null, string? text = null)
    {
        lock (_gate)
        {
            if (_acts.Count >= MostActs)
            {
                return null;
            }

            var act = new OperatorAct(clock.GetUtcNow(), kind, component, cause, text);
            _acts.Add(act);
            var changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.TrySetResult();
            return act;
        }
    }

    /// <summary>The next hint of those there are, and that it was taken; null when all were.</summary>
    public string? TakeHint(IReadOnlyList<string> hints)
    {
        lock (_gate)
        {
            if (_hints >= hints.Count)
            {
                return null;
            }

            var hint = hints[_hints++];
            Add(OperatorActKind.Hint, text: hint);
            return hint;
        }
    }

    /// <summary>The hints of the round before are of no use in the next.</summary>
    public void BeginRound()
    {
        lock (_gate)
        {
            _hints = 0;
        }
    }

    public void End() => _ended.TrySetResult();
}

/// <summary>What an operator can do.</summary>
public enum OperatorActKind
{
    /// <summary>I have seen it and work on it.</summary>
    Acknowledge,

    /// <summary>It is this component, for this cause.</summary>
    Diagnose,

    /// <summary>Users are no longer hurt.</summary>
    Mitigate,

    /// <summary>Anything worth remembering.</summary>
    Note,

    /// <summary>A hint was asked for.</summary>
    Hint,

    /// <summary>The write-up.</summary>
    WriteUp,
}

/// <summary>One act of the operator.</summary>
public sealed record OperatorAct(DateTimeOffset At, OperatorActKind Kind, string? Component, string? Cause, string? Text);
