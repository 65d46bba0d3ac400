namespace Back2Code.Lab.Supervision;

/// <summary>One use of the platform's own controls.</summary>
/// <param name="Kind"><c>restart</c>, <c>rollback</c> that had something to take back, <c>drain</c> or <c>maint</c>.</param>
/// <param name="Target">The process, or the server at the gateway.</param>
/// <param name="WasReady">Whether the process was ready just before.</param>
public sealed record OperatorControl(DateTimeOffset At, string Kind, string Target, bool WasReady);

/// <summary>What operators did with the controls. Faults use some of the same; those are not listed.</summary>
internal sealed class OperatorControls(TimeProvider time)
{
    /// <summary>A client says with this header that a person, or a program in one's place, asks, and no fault.</summary>
    public const string Header = "X-Operator";

    private const int Most = 1_000;

    private readonly Queue<OperatorControl> _controls = new();
    private readonly Lock _gate = new();

    public void Add(string kind, string target, bool wasReady)
    {
        lock (_gate)
        {
            _controls.Enqueue(new OperatorControl(time.GetUtcNow(), kind, target, wasReady));
            if (_controls.Count > Most)
            {
                // The oldest: of a game day that began a thousand restarts ago, nobody asks.
                _controls.Dequeue();
            }
        }
    }

    public IReadOnlyList<OperatorControl> List()
    {
        lock (_gate)
        {
            return [.. _controls];
        }
    }

    /// <summary>The server that a command takes out of the gateway's balance; null for any other command.</summary>
    public static (string Kind, string Server)? TakenOut(string gatewayCommand) =>
        gatewayCommand.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["set", "server", var path, "state", ("drain" or "maint") and var to] ? (to, path[(path.IndexOf('/') + 1)..]) : null;
}
