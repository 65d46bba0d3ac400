using System.Net;
using System.Net.Sockets;
using System.Text;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Children;
using Back2Code.Lab.Supervision.Faults;
using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Supervision.Setup;
using Back2Code.Lab.Topology;

namespace Back2Code.UnitTests.Supervision;

/// <summary>
/// The control API as the lab serves it, over a platform of one process that never runs. Workers cannot start: where their folder would be is a file.
/// </summary>
internal sealed class ControlApiUnderTest : IAsyncDisposable
{
    private readonly string _folder;
    private readonly Spawner _spawner = new();
    private readonly Supervisor _supervisor;
    private readonly FaultWorkers _workers;
    private readonly LabFaults _faults;
    private ControlApi? _api;

    private ControlApiUnderTest()
    {
        _folder = Directory.CreateTempSubdirectory("b2c-api-").FullName;
        var paths = new StatePaths(_folder);
        File.WriteAllText(Path.Combine(_folder, "data"), "");
        Directory.CreateDirectory(paths.Faults);

        var spec = new ProcessSpec { Name = "redis", Group = "redis" };
        var user = new RunUser("nobody", 65534, 65534, Drop: false);
        var tools = new ChildTools(_spawner, new ChildRegistry(paths), new Leftovers(paths, new HashSet<string>()), user, TimeProvider.System, static _ => { });
        var plan = new LaunchPlan("true", [], new Dictionary<string, string>(), _folder, paths.LogOf("redis"));
        _supervisor = new Supervisor(
            new PlatformTopology("none", [spec], [], null, new Dictionary<string, YamlText>()), [new SupervisedProcess(spec, plan, null, NoSetup.Instance, tools, null)], TimeProvider.System);
        _workers = new FaultWorkers(paths, user, _spawner, "true", "true", TimeProvider.System);
        Socket = Path.Combine(_folder, "control.sock");
        _faults = new LabFaults(new LabClient(Socket), paths, Status(), TimeProvider.System, static _ => { });
        Http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://lab"), Timeout = TimeSpan.FromSeconds(10) };
    }

    public HttpClient Http { get; }

    private string Socket { get; }

    public static async Task<ControlApiUnderTest> StartAsync()
    {
        var test = new ControlApiUnderTest();
        test._api = await ControlApi.StartAsync(
            test.Socket, test._supervisor, new GatewayApi(Path.Combine(test._folder, "no-gateway.sock")), new OperatorControls(TimeProvider.System), test.Status, static () => { }, new FaultApi(test._faults, test._workers).Map, TestContext.Current.CancellationToken);
        return test;
    }

    public LabClient Client() => new(Socket);

    public async Task<(HttpStatusCode Status, string Text)> SendAsync(string call, byte[] body)
    {
        var (method, path) = (call[..call.IndexOf(' ', StringComparison.Ordinal)], call[(call.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(body) };
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public Task<(HttpStatusCode Status, string Text)> SendAsync(string call, string body) => SendAsync(call, Encoding.UTF8.GetBytes(body));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_api is not null)
        {
            await _api.DisposeAsync();
        }

        await _faults.DisposeAsync();
        _workers.Dispose();
        _supervisor.Dispose();
        _spawner.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private LabStatus Status() => new(Environment.ProcessId, _folder, 0, DateTimeOffset.UnixEpoch, true, [], [], new LabEndpoints(null, null, null, null));
}
