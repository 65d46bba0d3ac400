namespace Back2Code.Monitoring.Health;

/// <summary>One thing that is looked at in every round.</summary>
internal interface IPlatformCheck
{
    /// <summary>Lower case with dashes; the value of the label <c>check</c>.</summary>
    string Name { get; }

    /// <summary>For people.</summary>
    string Title { get; }

    /// <summary>Looks once. At most <see cref="HealthBoard.MaximumTargets"/> findings are kept, the worst first.</summary>
    /// <exception cref="CheckFailedException">It could not look, for a reason that may be shown to anybody.</exception>
    Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken);
}

/// <summary>A check could not look. The message is shown on the status page: no addresses, no secrets.</summary>
internal sealed class CheckFailedException(string message, Exception? inner = null) : Exception(message, inner);
