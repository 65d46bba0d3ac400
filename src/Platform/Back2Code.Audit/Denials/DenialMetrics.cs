using System.Diagnostics.Metrics;

namespace Back2Code.Audit;

internal sealed class DenialMetrics
{
    private readonly Counter<long> _seen;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _written;

    public DenialMetrics(IMeterFactory meters, Func<int> waiting)
    {
        var meter = meters.Create("Back2Code.Audit");
        _seen = meter.CreateCounter<long>("back2code.audit.denials", "{request}", "Requests that were refused with 401 or 403 and are to be recorded.");
        _dropped = meter.CreateCounter<long>("back2code.audit.denials_dropped", "{request}", "Refused requests that found no room to wait for their record.");
        _written = meter.CreateCounter<long>("back2code.audit.denial_records", "{record}", "Records of refused requests in the outbox.");
        meter.CreateObservableGauge("back2code.audit.denials_waiting", waiting, "{record}", "Records of refused requests that wait to be written.");
    }

    public void Seen() => _seen.Add(1);

    public void Dropped() => _dropped.Add(1);

    public void Written(int records) => _written.Add(records);
}
