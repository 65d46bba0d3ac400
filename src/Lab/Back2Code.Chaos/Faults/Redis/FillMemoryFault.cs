using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.Redis;

/// <summary><c>redis.fill-memory</c>: somebody else's keys take the memory, as with a feature that forgot to expire its keys.</summary>
internal sealed class FillMemoryFault : RedisFault
{
    public override string Type => "redis.fill-memory";

    public override string Summary => "Writes keys until maxmemory is reached, or as many megabytes as asked.";

    public override string Symptom => "The figure used_memory climbs to maxmemory; then, with noeviction, every write is refused (OOM command not allowed) while reads go on.";

    public override FaultExample Example { get; } = new("redis", ("megabytes", "8"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
        [new NumberParameter("megabytes", "How much; until a write is refused, and kept so, when left out.", 1, 1024)];

    public override async Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        if (!await IsRunningAsync(platform, cancellationToken))
        {
            return [];
        }

        await using var session = await RedisSession.OpenAsync(platform, cancellationToken);
        var keys = await session.KeysAsync(DeleteKeys.PrefixOf("*") + "*", cancellationToken);
        return keys.Count > 0 ? [FormattableString.Invariant($"redis: {keys.Count} keys of a fault")] : [];
    }

    protected override Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var filling = new Filling(context, settings.Number("megabytes", 0), LeaseOf(context));
        return Task.FromResult(new FaultPlan
        {
            Undo = [new DeleteKeys()],
            Standing = filling,
            Act = filling.BeginAsync,
        });
    }

    private sealed class Filling : IAsyncDisposable
    {
        private const int LargeBytes = 64 * 1024;
        private const int MostMegabytes = 1024;

        // With a policy that evicts, no write is ever refused.
        private const int MostSmall = 20_000;

        private readonly FaultContext _context;
        private readonly long _megabytes;
        private readonly string _life;
        private readonly Repeating _loop;

        // Kept: what the buffers of a connection take would be free again when it closes, and Redis just below its limit.
        private RedisSession? _session;
        private int _keys;

        public Filling(FaultContext context, long megabytes, TimeSpan lease)
        {
            (_context, _megabytes) = (context, megabytes);

            // They die by themselves when the lease is over, whoever is alive then.
            _life = FormattableString.Invariant($"{(long)lease.TotalMilliseconds}");
            _loop = new Repeating(KeepFullAsync, TimeSpan.FromMilliseconds(100), lease, context.Platform.Time);
        }

        public async Task<Evidence> BeginAsync(CancellationToken cancellationToken)
        {
            var session = _session = await RedisSession.OpenAsync(_context.Platform, cancellationToken);
            var before = await session.InfoAsync("memory", "used_memory", cancellationToken);
            var refused = await FillAsync(session, LargeBytes, (_megabytes > 0 ? _megabytes : MostMegabytes) * 1024 * 1024 / LargeBytes, cancellationToken);
            if (_megabytes == 0)
            {
                // What others let expire makes room for small entries, and so does the buffer that large ones went through.
                refused = await FillAsync(session, 100, MostSmall, cancellationToken);
            }

            var after = await session.InfoAsync("memory", "used_memory", cancellationToken);
            if (_megabytes == 0)
            {
                // From here on the connection is the loop's.
                _loop.Start();
            }

            return (_megabytes == 0 ? refused?.Is("OOM") == true : after - before > _megabytes * 1024 * 1024 / 2)
                ? Evidence.Seen($"redis: used_memory went from {before} to {after} bytes with {_keys} keys of the fault{(refused is null ? "" : $"; then a write was refused: {refused.Text}")}")
                : Evidence.NotSeen($"redis: used_memory went from {before} to {after} bytes with {_keys} keys of the fault");
        }

        public async ValueTask DisposeAsync()
        {
            await _loop.DisposeAsync();
            await CloseAsync();
        }

        private async Task KeepFullAsync(CancellationToken cancellationToken)
        {
            try
            {
                _session ??= await RedisSession.OpenAsync(_context.Platform, cancellationToken);
                await FillAsync(_session, 100, MostSmall, cancellationToken);
            }
            catch (FaultException)
            {
                await CloseAsync();
                throw;
            }
        }

        private async Task CloseAsync()
        {
            if (Interlocked.Exchange(ref _session, null) is { } session)
            {
                await session.DisposeAsync();
            }
        }

        /// <returns>What Redis said when it took no more; null when it took all.</returns>
        private async Task<RedisError?> FillAsync(RedisSession session, int bytes, long keys, CancellationToken cancellationToken)
        {
            var value = new string('x', bytes);
            for (; keys > 0; keys--)
            {
                var key = FormattableString.Invariant($"{DeleteKeys.PrefixOf(_context.FaultId)}{Interlocked.Increment(ref _keys)}");
                if (await session.TryAsync(cancellationToken, "SET", key, value, "PX", _life) is RedisError refused)
                {
                    return refused;
                }
            }

            return null;
        }
    }
}

/// <summary>Deletes the keys of a fault. They are in the append-only file, so they outlive a restart; but not their own time to live.</summary>
internal sealed record DeleteKeys : RedisUndo
{
    internal override bool OutlivesPlatform => true;

    internal override string? NeedsProcess => "redis";

    public static string PrefixOf(string faultId) => $"back2code:fault:{faultId}:";

    protected override async Task<string> ApplyAsync(RedisSession session, IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        var keys = await session.KeysAsync(PrefixOf(record.FaultId) + "*", cancellationToken);
        foreach (var batch in keys.Chunk(500))
        {
            await session.AskAsync(cancellationToken, ["UNLINK", .. batch]);
        }

        return FormattableString.Invariant($"redis: {keys.Count} keys of the fault were deleted");
    }
}
