using Back2Code.Data;
using Back2Code.Resilience;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>Makes the first client of a lab, which makes everything else. A client of this id that is there stays as it is.</summary>
internal sealed class BootstrapClient : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly string[] Grants = [GrantTypes.ClientCredentials, GrantTypes.TokenExchange];

    private readonly ClientStore _clients;
    private readonly PostgresMigrator _migrator;
    private readonly IdentityOptions _options;
    private readonly TimeProvider _time;
    private readonly StartupPart _part;

    public BootstrapClient(ClientStore clients, PostgresMigrator migrator, StartupGate gate, IOptions<IdentityOptions> options, TimeProvider time)
    {
        _clients = clients;
        _migrator = migrator;
        _options = options.Value;
        _time = time;
        _part = gate.Register("bootstrap-client");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_options.BootstrapClientId is { } id && _options.BootstrapClientSecret is { } secret)
        {
            await _migrator.Completed.WaitAsync(stoppingToken);
            while (!await TryAddAsync(id, secret, stoppingToken))
            {
                await Task.Delay(Pause, _time, stoppingToken);
            }
        }

        _part.Complete();
    }

    private async Task<bool> TryAddAsync(string id, string secret, CancellationToken cancellationToken)
    {
        var now = _time.GetStorableNow();
        Client client = new(
            id, Guid.CreateVersion7(now), id, Secret.Digest(secret), [], [], Grants, [], [PermissionPattern.All], FirstParty: true, MayImpersonate: true, now);
        try
        {
            await _clients.AddAsync(client, actor: null, cancellationToken);
            return true;
        }
        catch (DependencyUnavailableException exception)
        {
            _part.Report($"{exception.Dependency} does not answer");
            return false;
        }
    }
}
