using System.Text.Json.Serialization;

namespace Back2Code.Chaos.Faults;

/// <summary>How to undo one fault without knowing anything else about it. On disk before the fault acts.</summary>
internal sealed record UndoRecord
{
    public required string FaultId { get; init; }

    public required string Type { get; init; }

    public required string Target { get; init; }

    public required DateTimeOffset WrittenAt { get; init; }

    /// <summary>The lease: from here on the injector counts as gone even if its process lives.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public required int OwnerPid { get; init; }

    public required long OwnerStartTicks { get; init; }

    /// <summary>Processes of another boot are gone, whatever carries their ids now.</summary>
    public required string BootId { get; init; }

    /// <summary>Undone in this order. Each may be repeated and may find its work done.</summary>
    public required IReadOnlyList<UndoStep> Steps { get; init; }
}

[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(ContinueProcess), "continue-process")]
[JsonDerivedType(typeof(ReleaseHold), "release-hold")]
[JsonDerivedType(typeof(RemoveToxic), "remove-toxic")]
[JsonDerivedType(typeof(EnableLink), "enable-link")]
internal abstract record UndoStep
{
    /// <summary>Undoes, and says in words what was found.</summary>
    public abstract Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken);
}
