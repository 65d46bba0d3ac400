using System.Security.Cryptography;
using Back2Code.Data;
using Back2Code.Resilience;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>Keeps the keys in memory in step with the database, and the database in step with the schedule.</summary>
internal sealed partial class KeyKeeper : BackgroundService
{
    private readonly SigningKeys _keys;
    private readonly PostgresMigrator _migrator;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ILogger<KeyKeeper> _logger;
    private readonly StartupPart _part;

    public KeyKeeper(SigningKeys keys, PostgresMigrator migrator, StartupGate gate, IOptions<IdentityOptions> options, TimeProvider time, ILogger<KeyKeeper> logger)
    {
        _keys = keys;
        _migrator = migrator;
        _interval = options.Value.KeyRefreshInterval;
        _time = time;
        _logger = logger;
        _part = gate.Register("signing-keys");
    }

    public async Task RefreshOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _keys.RefreshAsync(cancellationToken);
            _part.Complete();
        }
        catch (DependencyUnavailableException exception)
        {
            Log.NotRefreshed(_logger, exception.Message);
        }
        catch (CryptographicException exception)
        {
            // Someone changed the encryption key without raising its version. The keys at hand, if any, stay in force.
            _part.Report("a signing key cannot be decrypted");
            Log.NotDecrypted(_logger, exception);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _migrator.Completed.WaitAsync(stoppingToken);
        using PeriodicTimer timer = new(_interval, _time);
        do
        {
            await RefreshOnceAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static partial class Log
    {
        [LoggerMessage(4311, LogLevel.Warning, "The signing keys could not be looked at: {Reason}; the ones at hand stay in force", EventName = "KeysNotRefreshed")]
        public static partial void NotRefreshed(ILogger logger, string reason);

        [LoggerMessage(4312, LogLevel.Error, "A signing key cannot be decrypted: check Identity:EncryptionKey and its version", EventName = "KeyNotDecrypted")]
        public static partial void NotDecrypted(ILogger logger, Exception exception);
    }
}
