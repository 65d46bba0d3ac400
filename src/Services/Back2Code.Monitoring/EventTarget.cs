namespace Back2Code.Monitoring;

/// <summary>Where events go.</summary>
/// <param name="HasBroker">Whether there is a broker. Without one nothing is left in the outbox, which nobody would empty.</param>
internal sealed record EventTarget(bool HasBroker)
{
    /// <summary>This service in its events.</summary>
    public const string Source = "/services/monitoring";
}
