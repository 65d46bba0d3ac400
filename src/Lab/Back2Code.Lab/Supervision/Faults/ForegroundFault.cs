using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Supervision.Faults;

/// <summary>A fault that this process owns. Should it die, the lab undoes the fault.</summary>
public sealed class ForegroundFault : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly LabFaultTarget _target;
    private readonly InjectedFault _fault;

    private ForegroundFault(LabFaultTarget target, InjectedFault fault) => (_target, _fault) = (target, fault);

    public Receipt Receipt => _fault.Receipt;

    /// <exception cref="FaultException">It cannot be injected as asked; nothing stands.</exception>
    public static async Task<ForegroundFault> InjectAsync(LabClient lab, FaultOrder order, TimeSpan? stands, CancellationToken cancellationToken)
    {
        var status = await lab.GetStatusAsync(cancellationToken);
        var target = new LabFaultTarget(lab, new StatePaths(status.StateDirectory), status, TimeProvider.System);
        try
        {
            var context = new FaultContext { Platform = target, Target = order.Target, Parameters = order.Parameters, For = stands };
            return new ForegroundFault(target, await FaultCatalogue.Find(order.Type).InjectAsync(context, cancellationToken));
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    /// <summary>Returns when the time is over, or when somebody else has ended the fault.</summary>
    public async Task StandAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        long start = _target.Time.GetTimestamp();
        while (File.Exists(_fault.UndoRecordPath) && (time == Timeout.InfiniteTimeSpan || _target.Time.GetElapsedTime(start) < time))
        {
            await Task.Delay(Look, _target.Time, cancellationToken);
        }
    }

    public Task<UndoReceipt> UndoAsync(CancellationToken cancellationToken) => _fault.UndoAsync(cancellationToken);

    public void Dispose() => _target.Dispose();
}
