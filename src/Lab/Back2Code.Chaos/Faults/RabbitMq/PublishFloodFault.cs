using Back2Code.Chaos.Faults.Data;
using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary><c>rabbitmq.publish-flood</c>: a publisher has gone wild.</summary>
internal sealed class PublishFloodFault : RabbitMqFault
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    public override string Type => "rabbitmq.publish-flood";

    public override string Summary => "Publishes many valid events of a type that nobody reacts to. What consumers remember of them stays for their retention.";

    public override string Symptom => "Queues fill faster than they are emptied, and the events that matter wait behind those that do not: queue latency rises, nothing fails.";

    public override FaultExample Example => new("rabbitmq", ("rate", "200"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("rate", "Events a second, at most.", 1, 20_000, Required: true),
        new NumberParameter("bytes", "How large each is; 200 when left out.", 100, 1_000_000),
        Exchange,
    ];

    protected override Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var flood = new Flood(context, settings.Choice("exchange", DefaultExchange), settings.Number("rate"), (int)settings.Number("bytes", 200), LeaseOf(context));
        return Task.FromResult(new FaultPlan
        {
            Standing = flood,
            Act = flood.BeginAsync,
            SumUp = _ => Task.FromResult<IReadOnlyList<string>>([FormattableString.Invariant($"rabbitmq: {flood.Published} events nobody asked for were published and confirmed")]),
        });
    }

    private sealed class Flood : IAsyncDisposable
    {
        private readonly FaultContext _context;
        private readonly string _exchange;
        private readonly int _bytes;
        private readonly TimeSpan _lease;
        private readonly int _batch;
        private readonly Repeating _loop;
        private AmqpSession? _session;
        private int _published;

        public Flood(FaultContext context, string exchange, long rate, int bytes, TimeSpan lease)
        {
            (_context, _exchange, _bytes, _lease) = (context, exchange, bytes, lease);
            _batch = (int)Math.Max(1, rate * Tick.TotalSeconds);
            _loop = new Repeating(PublishAsync, rate * Tick.TotalSeconds >= 1 ? Tick : TimeSpan.FromSeconds(1.0 / rate), lease, context.Platform.Time);
        }

        public int Published => Volatile.Read(ref _published);

        public async Task<Evidence> BeginAsync(CancellationToken cancellationToken)
        {
            _session = await AmqpSession.OpenAsync(_context.Platform, _context.FaultId, _lease, cancellationToken);
            _loop.Start();
            var (published, took) = await Watch.UntilAsync(_context.Platform, Patience, _ => Task.FromResult(Published), count => count >= _batch, cancellationToken);
            return published > 0
                ? Evidence.Seen($"rabbitmq: {published} events were confirmed within {took.TotalMilliseconds:0} ms")
                : Evidence.NotSeen($"rabbitmq: no event was confirmed; {_loop.Summary}");
        }

        public async ValueTask DisposeAsync()
        {
            await _loop.DisposeAsync();
            await CloseAsync();
        }

        /// <summary>On one session, and on another when that has died: of another fault, or of a restarted broker.</summary>
        private async Task PublishAsync(CancellationToken cancellationToken)
        {
            try
            {
                var session = _session ??= await AmqpSession.OpenAsync(_context.Platform, _context.FaultId, _lease, cancellationToken);
                await Task.WhenAll(Enumerable.Range(0, _batch).Select(_ => PublishOneAsync(session, cancellationToken)));
            }
            catch (FaultException)
            {
                await CloseAsync();
                throw;
            }
        }

        private async Task PublishOneAsync(AmqpSession session, CancellationToken cancellationToken)
        {
            var stray = StrayEvent.Unwanted(_context, "note.flooded", _bytes);
            if (await session.PublishAsync(_exchange, stray.Type, stray.Properties, stray.Body, cancellationToken))
            {
                Interlocked.Increment(ref _published);
            }
        }

        private async Task CloseAsync()
        {
            if (Interlocked.Exchange(ref _session, null) is { } session)
            {
                await session.DisposeAsync();
            }
        }
    }
}
