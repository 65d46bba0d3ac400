using Back2Code.Chaos.Faults.Gateway;
using Back2Code.Chaos.Faults.Identity;
using Back2Code.Chaos.Faults.Keys;
using System.Text.Json.Serialization;
using Back2Code.Chaos.Faults.Data;
using Back2Code.Chaos.Faults.Disk;
using Back2Code.Chaos.Faults.Limits;
using Back2Code.Chaos.Faults.Postgres;
using Back2Code.Chaos.Faults.Processes;
using Back2Code.Chaos.Faults.RabbitMq;
using Back2Code.Chaos.Faults.Redis;
using Back2Code.Chaos.Faults.Settings;

namespace Back2Code.Chaos.Faults;

/// <summary>How to undo one fault without knowing anything else about it. On disk before the fault acts.</summary>
internal sealed record UndoRecord
{
    public required string FaultId { get; init; }

    public required string Type { get; init; }

    public required string Target { get; init; }

    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    public required DateTimeOffset WrittenAt { get; init; }

    /// <summary>The lease: from here on the injector counts as gone even if its process lives.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public required int OwnerPid { get; init; }

    public required long OwnerStartTicks { get; init; }

    /// <summary>Processes of another boot are gone, whatever carries their ids now.</summary>
    public required string BootId { get; init; }

    /// <summary>Whether the owner has a hand in it: it still acts, or holds the fault up by a loop or by sessions. It is told before anybody else undoes the fault.</summary>
    public bool HeldUp { get; init; }

    /// <summary>Undone in this order. Each may be repeated and may find its work done.</summary>
    public required IReadOnlyList<UndoStep> Steps { get; init; }
}

[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]

// Processes, CPU and memory, disk.
[JsonDerivedType(typeof(ContinueProcess), "continue-process")]
[JsonDerivedType(typeof(ReleaseHold), "release-hold")]
[JsonDerivedType(typeof(RestoreProcessors), "restore-processors")]
[JsonDerivedType(typeof(RestorePriority), "restore-priority")]
[JsonDerivedType(typeof(RestoreLimit), "restore-limit")]
[JsonDerivedType(typeof(EndWorker), "end-worker")]
[JsonDerivedType(typeof(DeleteBallast), "delete-ballast")]
[JsonDerivedType(typeof(RestoreMode), "restore-mode")]

// Links: TCP and HTTP.
[JsonDerivedType(typeof(RemoveToxic), "remove-toxic")]
[JsonDerivedType(typeof(EnableLink), "enable-link")]

// PostgreSQL, Redis, RabbitMQ, data.
[JsonDerivedType(typeof(EndSessions), "end-sessions")]
[JsonDerivedType(typeof(RecreateIndex), "recreate-index")]
[JsonDerivedType(typeof(RestoreServerSetting), "restore-server-setting")]
[JsonDerivedType(typeof(RestoreRole), "restore-role")]
[JsonDerivedType(typeof(GrantAgain), "grant-again")]
[JsonDerivedType(typeof(RestoreStatistics), "restore-statistics")]
[JsonDerivedType(typeof(DropTrigger), "drop-trigger")]
[JsonDerivedType(typeof(RestoreRedisSetting), "restore-redis-setting")]
[JsonDerivedType(typeof(DeleteKeys), "delete-keys")]
[JsonDerivedType(typeof(Unpause), "unpause")]
[JsonDerivedType(typeof(RestorePasswords), "restore-passwords")]
[JsonDerivedType(typeof(ClearAlarm), "clear-alarm")]
[JsonDerivedType(typeof(RestorePermissions), "restore-permissions")]
[JsonDerivedType(typeof(BindAgain), "bind-again")]
[JsonDerivedType(typeof(QueueDeclaration), "declare-queue")]
[JsonDerivedType(typeof(RemoveDeadLetters), "remove-dead-letters")]

// Gateway, traffic, time, configuration, deploy, keys.
[JsonDerivedType(typeof(CommandGateway), "command-gateway")]
[JsonDerivedType(typeof(RestoreProcess), "restore-process")]
[JsonDerivedType(typeof(WriteKeys), "write-keys")]
[JsonDerivedType(typeof(DeleteFile), "delete-file")]
[JsonDerivedType(typeof(OldSecret), "old-secret")]
[JsonDerivedType(typeof(DeleteSecrets), "delete-secrets")]

// Identity.
[JsonDerivedType(typeof(RemoveAccount), "remove-account")]
[JsonDerivedType(typeof(RestoreAuditRecord), "restore-audit-record")]

// Services: application and .NET.
[JsonDerivedType(typeof(EndDisturbance), "end-disturbance")]
internal abstract record UndoStep
{
    /// <summary>
    /// Whether what it undoes is still there after the platform was stopped or killed: a dropped index, a changed role, a file moved away. Then the
    /// record is kept and played at the next start. Toxics, holds and stopped processes are gone with the platform.
    /// </summary>
    internal virtual bool OutlivesPlatform => false;

    /// <summary>The process that must be ready for a step that outlives the platform, such as <c>postgres</c>; null when files will do.</summary>
    internal virtual string? NeedsProcess => null;

    /// <summary>
    /// What it gives back as the fault found it, in words that are the same for whoever would change it too, such as "the password of the role notes"; null for what is
    /// the fault's own and stands beside others, such as a toxic. It is changed by one fault at a time (<see cref="FaultJournal.RefuseWhatIsOwnedAsync"/>): a second one
    /// would take for the original what the first has made of it.
    /// </summary>
    internal virtual string? Owns => null;

    /// <summary>Undoes, and says in words what was found.</summary>
    public abstract Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken);
}
