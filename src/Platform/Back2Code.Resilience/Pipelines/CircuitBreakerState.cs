namespace Back2Code.Resilience;

/// <summary>State of a circuit; the numbers are those of the metric <c>back2code_circuit_state</c>.</summary>
public enum CircuitBreakerState
{
    /// <summary>Calls pass.</summary>
    Closed = 0,

    /// <summary>One trial call is under way; the others fail at once.</summary>
    HalfOpen = 1,

    /// <summary>Calls fail at once.</summary>
    Open = 2,
}
