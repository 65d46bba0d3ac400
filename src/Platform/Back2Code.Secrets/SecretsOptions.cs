using System.ComponentModel.DataAnnotations;

namespace Back2Code.Secrets;

/// <summary>The section <c>Secrets</c>: where a process finds its secrets. It says where they are and holds none.</summary>
public sealed class SecretsOptions
{
    /// <summary>Folder of mounted secrets, one file a key. Null: none. systemd's <c>$CREDENTIALS_DIRECTORY</c> is read without being asked.</summary>
    public string? Directory { get; set; }

    /// <summary>Time between looks at the files, 100 ms to 1 h. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")] public TimeSpan FileInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Google Cloud project whose Secret Manager is read. Null: none.</summary>
    [RegularExpression("^[a-z0-9][a-z0-9:.-]{0,62}$")] public string? GoogleProject { get; set; }

    /// <summary>Names of the secrets that are read there, separated by commas; <c>__</c> in a name stands for <c>:</c>. Each is asked for by name, so no right to list is needed.</summary>
    public string? GoogleSecrets { get; set; }

    /// <summary>Time between looks at Secret Manager, 1 s to 1 day. Default 5 min: every look costs one call for each secret.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")] public TimeSpan GoogleInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Secret Manager's address. Default Google's.</summary>
    public Uri GoogleAddress { get; set; } = new("https://secretmanager.googleapis.com");

    /// <summary>The metadata server that gives out access tokens. Default Google's.</summary>
    public Uri GoogleMetadataAddress { get; set; } = new("http://metadata.google.internal");

    /// <summary>Key file of a service account, JSON, for processes outside of Google Cloud. Null: ask the metadata server.</summary>
    public string? GoogleCredentialsPath { get; set; }

    /// <summary>Time one call may take, 100 ms to 1 min. Default 3 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")] public TimeSpan GoogleTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Attempts at one call that was answered with 429 or 5xx or not at all, 1 to 10. Default 4.</summary>
    [Range(1, 10)] public int GoogleAttempts { get; set; } = 4;

    /// <summary>First pause between attempts, doubled each time, 10 ms to 10 s. Default 200 ms. A Retry-After of up to 10 s is kept instead.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:10")] public TimeSpan GoogleBackoff { get; set; } = TimeSpan.FromMilliseconds(200);
}
