using System.ComponentModel.DataAnnotations;

namespace Back2Code.Identity.Audit;

/// <summary>The section <c>Audit</c> of the identity service.</summary>
internal sealed class AuditOptions
{
    /// <summary>Private P-256 key, PEM, that signs checkpoints. A secret. Neither this nor <see cref="SigningKeyPath"/>: no checkpoints, and the log says so.</summary>
    public string? SigningKey { get; set; }

    /// <summary>File that holds the same.</summary>
    public string? SigningKeyPath { get; set; }

    /// <summary>Public keys, PEM, of checkpoints that were signed with earlier keys.</summary>
    public IList<string> RetiredKeys { get; set; } = [];

    /// <summary>Time between checkpoints, if there is anything new, 1 s to 1 day. Default 1 min: what a rewriter can get away with is younger than this.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")] public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>From one verification of the whole trail to the next, 1 s to 1 day. Default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")] public TimeSpan VerifyInterval { get; set; } = TimeSpan.FromMinutes(10);
}
