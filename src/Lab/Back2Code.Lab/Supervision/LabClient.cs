using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Back2Code.Lab.Supervision;

/// <summary>Typed client of a lab's control API, which is HTTP over a unix socket in the state folder.</summary>
public sealed partial class LabClient : IDisposable
{
    private const int MostLooksForStart = 200;
    private static readonly TimeSpan StartLook = TimeSpan.FromMilliseconds(25);

    private readonly HttpClient _http;
    private readonly HttpClient _patient;

    internal LabClient(string controlSocket)
    {
        var transport = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(controlSocket), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        _http = new HttpClient(transport) { BaseAddress = new Uri("http://lab"), Timeout = TimeSpan.FromSeconds(15) };
        _patient = new HttpClient(transport, disposeHandler: false) { BaseAddress = new Uri("http://lab"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The client of the lab that runs on this state folder, or null when none does.</summary>
    public static async Task<LabClient?> TryConnectAsync(string stateDirectory, CancellationToken cancellationToken)
    {
        if (LabRecord.TryRead(stateDirectory) is not { } record)
        {
            return null;
        }

        var client = new LabClient(record.ControlSocket);
        try
        {
            await client.GetStatusAsync(cancellationToken);
            return client;
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied })
        {
            client.Dispose();
            throw new LabException($"The lab on {stateDirectory} (pid {record.Pid}) belongs to another user; ask as that user.");
        }
        catch (HttpRequestException)
        {
            // Nobody listens: that lab was killed and its record is what it left behind.
            client.Dispose();
            return null;
        }
    }

    /// <summary>From now on it asks in an operator's place: the lab notes what is done with its controls.</summary>
    public LabClient AsOperator()
    {
        _http.DefaultRequestHeaders.Add(OperatorControls.Header, "1");
        return this;
    }

    /// <summary>What operators did with the controls since a time, in order.</summary>
    public async Task<IReadOnlyList<OperatorControl>> ListControlsAsync(DateTimeOffset since, CancellationToken cancellationToken) =>
        [.. (await _http.GetFromJsonAsync<List<OperatorControl>>("/v1/operator/controls", LabJson.Options, cancellationToken) ?? []).Where(c => c.At >= since)];

    public async Task<LabStatus> GetStatusAsync(CancellationToken cancellationToken) =>
        await _http.GetFromJsonAsync<LabStatus>("/v1/status", LabJson.Options, cancellationToken)
        ?? throw new JsonException("The lab answered an empty status.");

    /// <summary>Takes a lease: should the process exit, it is not restarted before the lease ends. A running process runs on.</summary>
    public async Task HoldAsync(string process, TimeSpan lease, CancellationToken cancellationToken)
    {
        using var response = await _http.PutAsJsonAsync(
            HoldPath(process), new HoldRequest(lease.TotalSeconds), LabJson.Options, cancellationToken);
        await ThrowUnlessDoneAsync(response, cancellationToken);
    }

    /// <summary>Ends the lease; a process that is down is started at once.</summary>
    public async Task ReleaseAsync(string process, CancellationToken cancellationToken)
    {
        using var response = await _http.DeleteAsync(new Uri(HoldPath(process), UriKind.Relative), cancellationToken);
        await ThrowUnlessDoneAsync(response, cancellationToken);
    }

    /// <summary>
    /// Restarts a process with these environment variables set, or removed where the value is null, until <see cref="RestoreAsync"/>; the lab forgets it when it
    /// ends. Returns when the process that ran before is gone and its successor was started.
    /// </summary>
    public async Task OverrideAsync(string process, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        using var response = await _http.PutAsJsonAsync(ProcessPath(process, "override"), new OverrideRequest(environment), LabJson.Options, cancellationToken);
        await ThrowUnlessDoneAsync(response, cancellationToken);
        await AwaitStartAsync(process, cancellationToken);
    }

    /// <summary>Restarts a process as the topology has it. Without an override, nothing happens.</summary>
    public async Task RestoreAsync(string process, CancellationToken cancellationToken)
    {
        using var response = await _http.DeleteAsync(new Uri(ProcessPath(process, "override"), UriKind.Relative), cancellationToken);
        await ThrowUnlessDoneAsync(response, cancellationToken);
        await AwaitStartAsync(process, cancellationToken);
    }

    /// <summary>Ends a process and starts it again at once, whatever held it down. Returns when its successor was started.</summary>
    public async Task RestartAsync(string process, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync(new Uri(ProcessPath(process, "restart"), UriKind.Relative), content: null, cancellationToken);
        await ThrowUnlessDoneAsync(response, cancellationToken);
        await AwaitStartAsync(process, cancellationToken);
    }

    /// <summary>Sends one command to the gateway's runtime API.</summary>
    /// <exception cref="LabException">The gateway does not answer.</exception>
    public async Task<string> AskGatewayAsync(string command, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsJsonAsync("/v1/gateway", new GatewayRequest(command), LabJson.Options, cancellationToken);
        await ThrowUnlessDoneAsync(response, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    /// <summary>Asks the lab to stop everything and itself. Returns when it has begun.</summary>
    public async Task ShutdownAsync(CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync(new Uri("/v1/shutdown", UriKind.Relative), content: null, cancellationToken);
        await ThrowUnlessDoneAsync(response, cancellationToken);
    }

    /// <summary>Returns the first status in which everything is ready.</summary>
    /// <exception cref="LabException">It was not in time, or the lab went away.</exception>
    public async Task<LabStatus> WaitUntilReadyAsync(TimeSpan timeout, IProgress<PlatformProgress>? progress, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        var seen = new Dictionary<string, ProcessState>();
        try
        {
            while (true)
            {
                var status = await GetStatusAsync(limit.Token);
                foreach (var process in status.Processes.Where(p => seen.GetValueOrDefault(p.Name, ProcessState.Pending) != p.State))
                {
                    seen[process.Name] = process.State;
                    progress?.Report(new PlatformProgress(process.State.ToString().ToLowerInvariant(), process.Name, process.State));
                }

                if (status.Ready)
                {
                    return status;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(150), limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var late = seen.Where(s => s.Value != ProcessState.Ready).Select(s => $"{s.Key} ({s.Value.ToString().ToLowerInvariant()})");
            throw new LabException($"The platform is not ready after {timeout.TotalSeconds:0} s: {string.Join(", ", late)}.");
        }
        catch (HttpRequestException e)
        {
            throw new LabException("The platform was stopped while it started.", e);
        }
    }

    public void Dispose()
    {
        _patient.Dispose();
        _http.Dispose();
    }

    private static string HoldPath(string process) => ProcessPath(process, "hold");

    private static string ProcessPath(string process, string what) => $"/v1/processes/{Uri.EscapeDataString(process)}/{what}";

    /// <summary>A process that ends at once with its new settings has been started too: it is in backoff then.</summary>
    private async Task AwaitStartAsync(string process, CancellationToken cancellationToken)
    {
        for (var looks = 0; looks < MostLooksForStart; looks++)
        {
            if ((await GetStatusAsync(cancellationToken)).Processes.First(p => p.Name == process) is { Pid: not null } or { State: ProcessState.Backoff or ProcessState.Held or ProcessState.Failed })
            {
                return;
            }

            await Task.Delay(StartLook, cancellationToken);
        }

        throw new LabException($"{process} was not started again after a change of its settings.");
    }

    private static async Task ThrowUnlessDoneAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var detail = await LabProblem.ReadDetailAsync(response, cancellationToken);
        throw new LabException(response.StatusCode == HttpStatusCode.NotFound ? detail : $"The lab answered {(int)response.StatusCode}: {detail}");
    }
}
