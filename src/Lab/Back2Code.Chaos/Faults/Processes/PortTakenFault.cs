using System.Net;
using System.Net.Sockets;

namespace Back2Code.Chaos.Faults.Processes;

/// <summary><c>process.port-taken</c>: the process is killed and somebody else listens on its port, so that it cannot come back.</summary>
internal sealed class PortTakenFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HoldWhileTaking = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public string Type => "process.port-taken";

    public string Family => "process";

    public string Summary => "Kills a process and listens on its port in its place; connections are accepted and never answered.";

    public string Symptom => "The process exits at every start with 'address already in use', and its clients hang instead of being refused.";

    public string Receipt => "The supervisor's next start of the process has exited while the port is held by the fault.";

    public string Undo => "Closes the socket on the port and lets the supervisor start the process again when the fault ends; the port is free as soon as its injector is gone.";

    public FaultExample Example { get; } = new("notes-1");

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters => [];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        FaultSettings.Of(this, context);
        var target = (await RunningTarget.ResolveAsync(context, cancellationToken)) is [var only]
            ? only
            : throw new FaultException($"{Type}: '{context.Target}' names several processes; one port can be taken at a time.");
        int port = (await context.Platform.ListProcessesAsync(cancellationToken)).First(p => p.Name == target.Name).Port
            ?? throw new FaultException($"{Type}: {target.Name} has no port.");
        var taken = new TakenPort(port);
        var loop = new StandingLoop(context);
        return await Injection.RunAsync(
            this,
            context,
            context.For,

            // The port itself is free as soon as the injector is gone or the fault over.
            [new ReleaseHold(target.Name)],
            async token =>
            {
                await context.Platform.HoldAsync(target.Name, HoldWhileTaking, token);
                foreach (var process in target.Process.ListTree())
                {
                    process.Send(Signal.Kill);
                }

                await taken.TakeAsync(context.Platform.Time, Patience, token);
                loop.AtEnd(taken.Dispose);
                loop.Start(Interval, taken.WatchAsync);
                await context.Platform.ReleaseAsync(target.Name, token);
                return [await SeeExitAsync(target.Name, port, context.Platform, token)];
            },
            sumUp: null,
            cancellationToken,
            loop);
    }

    /// <summary>Started again, it must have exited again: then it has met whoever sits on its port.</summary>
    private static async Task<Evidence> SeeExitAsync(string name, int port, IFaultTarget platform, CancellationToken cancellationToken)
    {
        long start = platform.Time.GetTimestamp();
        LinuxProcess? second = null;
        while (platform.Time.GetElapsedTime(start) < Patience)
        {
            second ??= (await RunningTarget.FindAsync(platform, name, cancellationToken))?.Process;
            if (second is { IsGone: true })
            {
                return Evidence.Seen($"{name}: its next start, pid {second.Pid}, was gone {platform.Time.GetElapsedTime(start).TotalSeconds:0.0} s later; port {port} is ours");
            }

            await Task.Delay(Interval, platform.Time, cancellationToken);
        }

        return Evidence.NotSeen($"{name}: {(second is null ? "was not started again" : $"pid {second.Pid} lives")} although port {port} is ours, after {Patience.TotalSeconds:0} s");
    }

    /// <summary>Somebody who listens and says nothing.</summary>
    private sealed class TakenPort(int port) : IDisposable
    {
        private readonly List<Socket> _clients = [];
        private Socket? _listener;

        public async Task TakeAsync(TimeProvider time, TimeSpan patience, CancellationToken cancellationToken)
        {
            for (long start = time.GetTimestamp(); ;)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                    socket.Listen(64);
                    _listener = socket;
                    return;
                }
                catch (SocketException e) when (time.GetElapsedTime(start) >= patience)
                {
                    socket.Dispose();
                    throw new FaultException($"Port {port} cannot be taken: {e.Message}", e);
                }
                catch (SocketException)
                {
                    // The dead process holds it until the kernel has taken it apart.
                    socket.Dispose();
                }

                await Task.Delay(Interval, time, cancellationToken);
            }
        }

        /// <summary>Accepts who comes; as many as a process may hold open, and the rest waits in the backlog.</summary>
        public async Task WatchAsync(CancellationToken cancellationToken)
        {
            if (_listener is { } listener && _clients.Count < 500 && listener.Poll(TimeSpan.Zero, SelectMode.SelectRead))
            {
                _clients.Add(await listener.AcceptAsync(cancellationToken));
            }
        }

        public void Dispose()
        {
            _listener?.Dispose();
            _clients.ForEach(c => c.Dispose());
        }
    }
}
