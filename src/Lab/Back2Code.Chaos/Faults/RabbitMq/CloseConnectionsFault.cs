using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary><c>rabbitmq.close-connections</c>: every connection is closed at once.</summary>
internal sealed class CloseConnectionsFault : RabbitMqFault
{
    public override string Type => "rabbitmq.close-connections";

    public override string Summary => "Closes every client connection in order (CONNECTION_FORCED), all at once.";

    public override string Symptom => "Publishers and consumers connect again in the same moment; what was delivered and not acknowledged is delivered once more.";

    public override string Receipt => "The broker says that none of the connections lives any more that there were.";

    public override string Undo => "Nothing to undo: clients connect again, and what was not acknowledged is delivered once more.";

    public override bool Lasts => false;

    protected override Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken) =>
        Task.FromResult(new FaultPlan { Act = token => CloseAsync(context.Platform, token) });

    /// <summary>Closes them all, and waits until they are gone.</summary>
    /// <returns>How many there were, and how many are left after 5 s.</returns>
    public static async Task<(int Before, int Left)> CloseAllAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        var answer = await platform.RunRabbitMqCtlAsync(
            [
                "eval",
                """
                Pids = rabbit_networking:connections(),
                [spawn(fun() -> rabbit_networking:close_connection(Pid, "closed by a fault") end) || Pid <- Pids],
                Look = fun Again(Left) ->
                  case length([Pid || Pid <- Pids, is_process_alive(Pid)]) of
                    Alive when Alive =:= 0; Left =< 0 -> {length(Pids), Alive};
                    _ -> timer:sleep(10), Again(Left - 10)
                  end
                end,
                Look(5000).
                """,
            ],
            cancellationToken);
        return answer.Trim('{', '}').Split(',') is [var before, var left] && int.TryParse(before, out var all) && int.TryParse(left, out var alive)
            ? (all, alive)
            : throw new FaultException($"rabbitmq answered '{answer}' when it was told to close connections");
    }

    private static async Task<Evidence> CloseAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        var (before, left) = await CloseAllAsync(platform, cancellationToken);
        return before > 0 && left == 0
            ? Evidence.Seen($"rabbitmq: {before} connections were closed and are gone")
            : Evidence.NotSeen($"rabbitmq: of {before} connections that were to close, {left} are there");
    }
}
