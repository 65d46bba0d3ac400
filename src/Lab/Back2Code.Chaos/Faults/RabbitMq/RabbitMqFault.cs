using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary>A fault inside RabbitMQ, or of what it carries.</summary>
internal abstract class RabbitMqFault : ServerFault
{
    // What the platform's own exchange and first queue are called (Back2Code.Messaging, Back2Code.Notifications).
    protected const string DefaultExchange = "back2code.events";
    protected const string DefaultQueue = "notifications.notes";
    protected const string DefaultKey = "note.*";

    private const string Name = "[A-Za-z0-9][A-Za-z0-9._-]{0,199}";

    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public override FaultExample Example => new("rabbitmq");

    protected override string Server => "rabbitmq";

    protected static FaultParameter Queue { get; } = new NameParameter("queue", $"The queue; {DefaultQueue} when left out.", Name, "a queue, such as notifications.notes");

    protected static FaultParameter Exchange { get; } = new NameParameter("exchange", $"The exchange of the events; {DefaultExchange} when left out.", Name, "an exchange, such as back2code.events");

    protected static FaultParameter Key { get; } =
        new NameParameter("key", $"Which events; {DefaultKey} when left out.", "[A-Za-z0-9.#*_-]{1,200}", "a routing key or topic pattern, such as note.*");
}

/// <summary>Undoes inside RabbitMQ. What is only in its memory is gone with it.</summary>
internal abstract record RabbitMqUndo : UndoStep
{
    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken) =>
        (await platform.ListProcessesAsync(cancellationToken)).FirstOrDefault(p => p.Name == "rabbitmq") is { Pid: not null }
            ? await ApplyRunningAsync(platform, record, cancellationToken)
            : OutlivesPlatform
                ? throw new FaultException("rabbitmq is not running, so what the fault changed in its data cannot be put back yet")
                : "rabbitmq: is not running, and the fault is gone with it";

    protected abstract Task<string> ApplyRunningAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken);
}
