using System.Runtime.InteropServices;

namespace Back2Code.Cli.Commands;

/// <summary>
/// The first Ctrl-C, SIGTERM or SIGHUP cancels, so that what was broken is undone and a report is written; the second one leaves at once. Undo records then stay, and
/// the next start heals them; our children die with us.
/// </summary>
internal sealed class OperatorStop : IDisposable
{
    private const int Interrupted = 130;

    private readonly CancellationTokenSource _stop;
    private readonly Action _told;
    private readonly List<PosixSignalRegistration> _signals;
    private int _asked;

    /// <param name="told">Called at the first signal.</param>
    public OperatorStop(Action told, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _told = told;
        _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Handle))];
    }

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _stop.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _asked) > 1)
        {
            Environment.Exit(Interrupted);
        }

        _told();
        _stop.Cancel();
    }
}
