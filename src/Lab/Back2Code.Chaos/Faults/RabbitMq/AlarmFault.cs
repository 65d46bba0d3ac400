using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary>The broker believes that it has run out of something and blocks everybody who publishes.</summary>
internal sealed class AlarmFault(string type, string resource, string summary) : RabbitMqFault
{
    public static IReadOnlyList<IFault> All { get; } =
    [
        new AlarmFault("rabbitmq.memory-alarm", "memory", "Sets the memory watermark to nothing: RabbitMQ raises its memory alarm."),
        new AlarmFault("rabbitmq.disk-alarm", "disk", "Asks for more free disk than there is: RabbitMQ raises its disk alarm."),
    ];

    public override string Type => type;

    public override string Summary => summary;

    public override string Symptom => "Nothing is down: connections stand, consumers go on, and every publisher is blocked for as long as the alarm does. Events wait where they are made.";

    public override async Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        // Each question starts a runtime, so one asks for both.
        if (resource != "memory" || !await IsRunningAsync(platform, cancellationToken))
        {
            return [];
        }

        var alarms = await platform.RunRabbitMqCtlAsync(["eval", "rabbit_alarm:get_alarms()."], cancellationToken);
        return alarms == "[]" ? [] : [$"rabbitmq: has the alarms {alarms}"];
    }

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var before = await context.Platform.RunRabbitMqCtlAsync(["eval", resource == "memory" ? "vm_memory_monitor:get_vm_memory_high_watermark()." : "rabbit_disk_monitor:get_disk_free_limit()."], cancellationToken);
        return new FaultPlan
        {
            Undo = [new ClearAlarm(resource, before)],
            Act = token => RaiseAsync(context.Platform, token),
        };
    }

    private async Task<Evidence> RaiseAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        var start = platform.Time.GetTimestamp();
        var alarms = await ClearAlarm.SetAsync(platform, resource, resource == "memory" ? "0.0" : "1000000000000000", until: "[_ | _]", cancellationToken);
        var took = platform.Time.GetElapsedTime(start);
        return alarms.Contains(resource, StringComparison.Ordinal)
            ? Evidence.Seen($"rabbitmq: has the alarm {alarms}, {took.TotalMilliseconds:0} ms after the order")
            : Evidence.NotSeen($"rabbitmq: has no alarm about {resource}: {alarms}");
    }
}

/// <summary>Puts the limit behind an alarm back. It is in the broker's memory only, so a restart does the same.</summary>
/// <param name="Limit">As the broker itself wrote it.</param>
internal sealed record ClearAlarm(string Resource, string Limit) : RabbitMqUndo
{
    internal override string? Owns => $"the limit for {Resource} of rabbitmq";

    /// <summary>Sets the limit and returns the alarms about the resource, once they are as they should be, or after 5 s.</summary>
    public static Task<string> SetAsync(IFaultTarget platform, string resource, string limit, string until, CancellationToken cancellationToken)
    {
        var set = resource == "memory" ? $"vm_memory_monitor:set_vm_memory_high_watermark({limit})" : $"rabbit_disk_monitor:set_disk_free_limit({limit})";

        // One call and not several: each starts a runtime.
        return platform.RunRabbitMqCtlAsync(
            [
                "eval",
                $$$"""
                {{{set}}},
                Look = fun Again(Left) ->
                  Alarms = [What || {{resource_limit, What, _}, _} <- rabbit_alarm:get_alarms(), What =:= {{{resource}}}],
                  case Alarms of
                    {{{until}}} -> Alarms;
                    _ when Left =< 0 -> Alarms;
                    _ -> timer:sleep(20), Again(Left - 20)
                  end
                end,
                Look(5000).
                """,
            ],
            cancellationToken);
    }

    protected override async Task<string> ApplyRunningAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken) =>
        await SetAsync(platform, Resource, Limit, until: "[]", cancellationToken) is "[]"
            ? $"rabbitmq: the limit for {Resource} is {Limit} again, and there is no alarm about it"
            : throw new FaultException($"rabbitmq: the limit for {Resource} is {Limit} again, and the alarm stands");
}
