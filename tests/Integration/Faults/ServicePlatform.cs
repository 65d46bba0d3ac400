using System.Net;
using System.Net.Http.Headers;
using System.Runtime.Versioning;
using Back2Code.Authentication;
using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Identity;
using Back2Code.IntegrationTests.Supervision;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Supervision;

namespace Back2Code.IntegrationTests.Faults;

/// <summary>A lab with the parts that faults of services, settings, gateway, traffic, keys and identity act on: four replicas of notes behind a real gateway, identity, monitoring, PostgreSQL.</summary>
[SupportedOSPlatform("linux")]
public sealed class ServicePlatform : IAsyncLifetime
{
    private const string Topology = """
        dotnet:
          environment:
            DOTNET_gcServer: "0"
            DOTNET_TieredPGO: "0"
            DOTNET_EnableDiagnostics: "0"
            DOTNET_hostBuilder__reloadConfigOnChange: "false"
            ASPNETCORE_URLS: http://127.0.0.1:${port}
            ASPNETCORE_CONTENTROOT: ${program}
            Service__Name: ${group}
            Service__Instance: ${name}
            Authentication__Issuer: http://127.0.0.1:${port.gateway}
            Authentication__Audience: back2code
            Authentication__JwksPath: ${state}/jwks.json
            Chaos__Enabled: "true"
            Chaos__Token: ${secret.chaos}
        processes:
          postgres:
            program: /usr/lib/postgresql/*/bin/postgres
            port: 32
            setup: postgres
            schemas: [identity, notes, monitoring]
            stop: {signal: INT, timeout: 3s}
            arguments: [-D, "${data}/cluster", -h, 127.0.0.1, -p, "${port}", -k, "", -c, shared_buffers=16MB, -c, fsync=off, -c, max_connections=120]
            ready: {probe: postgres}
          gateway:
            program: haproxy
            port: 80
            ports: {metrics: 81}
            files: {haproxy.cfg: gateway.cfg}
            arguments: [-db, -f, "${config}/haproxy.cfg"]
            ready: {probe: http, path: /alive, port: metrics}
          identity:
            assembly: Back2Code.Identity
            after: [postgres]
            port: 131
            environment:
              ConnectionStrings__Postgres: Host=127.0.0.1;Port=${port.postgres};Database=back2code;Username=identity;Password=${secret.postgres-identity};Search Path=identity
              ConnectionStrings__RabbitMQ: amqp://nobody:nothing@127.0.0.1:9/
              Authentication__JwksUri: http://127.0.0.1:${port}/.well-known/jwks.json
              Identity__EncryptionKey: ${secret.identity-aes}
              Identity__BootstrapClientId: lab
              Identity__BootstrapClientSecret: ${secret.identity-lab-client}
              Identity__ProvisionImpersonated: "true"
              Identity__TrustedProxies: "1"
              Audit__SigningKey: ${secret.audit-signing}
              Audit__VerifyInterval: "00:00:01"
            ready: {probe: http, path: /health/ready, alive: /health/live}
          notes:
            replicas: 4
            assembly: Back2Code.Notes
            after: [postgres]
            port: 101
            environment:
              ConnectionStrings__Postgres: Host=127.0.0.1;Port=${port.postgres};Database=back2code;Username=notes;Password=${secret.postgres-notes};Search Path=notes
              Authentication__JwksUri: http://127.0.0.1:${port.identity}/.well-known/jwks.json
              Authentication__JwksCachePath: ${data}/jwks.json
              ConnectionStrings__Redis: redis://:nothing@127.0.0.1:9
              ConnectionStrings__RabbitMQ: amqp://nobody:nothing@127.0.0.1:9/
            ready: {probe: http, path: /health/ready, alive: /health/live}
          monitoring:
            assembly: Back2Code.Monitoring
            after: [postgres]
            port: 121
            environment:
              ConnectionStrings__Postgres: Host=127.0.0.1;Port=${port.postgres};Database=back2code;Username=monitoring;Password=${secret.postgres-monitoring};Search Path=monitoring
              Monitoring__SpoolDirectory: ${data}/spool
              Monitoring__WebhookToken: ${secret.webhook}
              Monitoring__HealthInterval: "00:00:01"
            ready: {probe: http, path: /health/ready, alive: /health/live}
        """;

    private const string Gateway = """
        global
          maxconn 200
          stats socket "${run}/haproxy.sock" mode 600 level admin
        defaults
          mode http
          timeout connect 1s
          timeout client 30s
          timeout server 10s
          timeout http-request 5s
          timeout check 1s
          option redispatch 1
          retries 2
          option httpchk GET /health/ready
          default-server inter 100ms fall 2 rise 1
        frontend api
          bind 127.0.0.1:${port}
          option forwardfor
          use_backend identity if { path_beg /sign-in /oauth2/ }
          default_backend notes
        backend identity
          server identity 127.0.0.1:${port.identity} check
        backend notes
          server ${replica:notes} 127.0.0.1:${port.${replica:notes}} check
        frontend stats
          bind 127.0.0.1:${port.gateway.metrics}
          http-request return status 200 content-type text/plain string ok if { path /alive }
        """;

    private readonly CancellationTokenSource _stop = new();
    private SmallPlatform _small = null!;
    private Platform _platform = null!;
    private Task _asking = Task.CompletedTask;

    internal LabFaultTarget Target { get; private set; } = null!;

    internal StatePaths Paths => _small.Paths;

    /// <summary>Signed in, at the gateway.</summary>
    public HttpClient Users { get; } = new() { Timeout = TimeSpan.FromSeconds(10) };

    public async ValueTask InitializeAsync()
    {
        _small = SmallPlatform.OfTopology(Topology);
        await File.WriteAllTextAsync(Path.Combine(_small.Folder, "gateway.cfg"), Gateway + "\n");
        _platform = await _small.StartAsync();
        var status = await _platform.Client.GetStatusAsync(CancellationToken.None);
        Target = new LabFaultTarget(_platform.Client, _platform.Paths, status, TimeProvider.System);
        using (var identity = new IdentityClient(Target.Identity, TimeProvider.System))
        {
            // So that the audit trail has something to be altered.
            await identity.SendAsync(HttpMethod.Post, "/v1/users", new { name = "ada", role = "viewer" }, CancellationToken.None);
        }

        Users.BaseAddress = new Uri($"http://127.0.0.1:{status.Of("gateway").Port}");
        Users.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _platform.CreateToken("ada", TimeSpan.FromHours(1), Roles.Analyst));
        _asking = Task.WhenAll(AskAsync(_stop.Token), ScrapeAsync(status.Of("notes-1").Port!.Value, _stop.Token));
    }

    internal Task<InjectedFault> InjectAsync(string type, string? target = null) => InjectAsync(FaultCatalogue.Find(type), target);

    /// <summary>The example of its own documentation.</summary>
    internal Task<InjectedFault> InjectAsync(IFault fault, string? target = null) => fault.InjectAsync(
        new FaultContext { Platform = Target, Target = target ?? fault.Example.Target, Parameters = fault.Example.Parameters }, TestContext.Current.CancellationToken);

    public async Task<HttpStatusCode> AskOnceAsync() => (await Users.GetAsync(new Uri("/v1/notes?limit=1", UriKind.Relative))).StatusCode;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _asking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Users.Dispose();
        Target?.Dispose();
        _stop.Dispose();
        await _small.DisposeAsync();
    }

    /// <summary>As Prometheus would: a service that hides its metrics hides them from somebody.</summary>
    private static async Task ScrapeAsync(int port, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(1) };
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (await pause.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // A fault stands.
            }
        }
    }

    /// <summary>A little traffic all the time: most faults of a service show in requests only.</summary>
    private Task AskAsync(CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(40));
        while (await pause.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                (await Users.GetAsync(new Uri("/v1/notes?limit=1", UriKind.Relative), cancellationToken)).Dispose();
            }
            catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // A fault stands.
            }
        }
    }));
}
