using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Faults.RabbitMq;
using Back2Code.Chaos.Proxy;
using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Faults.Servers;

/// <summary>One real server as the platform that faults see.</summary>
internal sealed class FaultyServer(string name, int port, Func<int?> pid) : IFaultTarget, IDisposable
{
    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public string FaultsDirectory { get; } = Directory.CreateTempSubdirectory("b2c-faults-").FullName;

    public ToxiproxyClient Toxiproxy => throw new NotSupportedException();

    public TimeProvider Time => TimeProvider.System;

    public string PostgresConnectionString { get; init; } = "";

    public RedisAddress Redis => new("127.0.0.1", port, RedisServer.Password);

    public Dictionary<string, string> PostgresPasswords { get; } = [];

    public string RabbitMqUri { get; init; } = "";

    public string[] UndoRecords => Directory.GetFiles(FaultsDirectory);

    public string? PostgresPasswordOf(string role) => PostgresPasswords.GetValueOrDefault(role);

    public Task<IReadOnlyList<TargetProcess>> ListProcessesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TargetProcess>>([new TargetProcess(name, pid(), Port: port)]);

    public Task HoldAsync(string process, TimeSpan lease, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task ReleaseAsync(string process, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string> RunRabbitMqCtlAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) => RabbitMqCtl.RunAsync(pid()!.Value, arguments, cancellationToken);

    public Task<InjectedFault> InjectAsync(string type, params (string Name, string Value)[] parameters) => FaultCatalogue.Find(type).InjectAsync(
        new FaultContext { Platform = this, Target = name, Parameters = parameters.ToDictionary(p => p.Name, p => p.Value) }, Cancellation);

    /// <summary>With the parameters that its own documentation shows.</summary>
    public Task<InjectedFault> InjectExampleAsync(string type) =>
        InjectAsync(type, [.. FaultCatalogue.Find(type).Example.Parameters.Select(p => (p.Key, p.Value))]);

    public Task<HealResult> HealAsync() => FaultJournal.HealAsync(this, HealScope.All, Cancellation);

    public async Task<IReadOnlyList<string>> FindTracesAsync(string family)
    {
        List<string> traces = [];
        foreach (var fault in FaultCatalogue.All.Where(f => f.Family == family))
        {
            traces.AddRange(await fault.FindTracesAsync(this, Cancellation));
        }

        return traces;
    }

    public void Dispose() => Directory.Delete(FaultsDirectory, recursive: true);
}
