using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>Into a file of JSON lines, where a learner without a mail server reads it. The file holds links that open accounts: its owner alone may read it.</summary>
internal sealed class FileTransport(IOptions<MailOptions> settings, TimeProvider time) : IMailTransport
{
    // When it is full, it and one before it are kept.
    private const long LargestFile = 4 * 1024 * 1024;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task SendAsync(OutgoingMail mail, CancellationToken cancellationToken)
    {
        string path = Path.GetFullPath(settings.Value.File!);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (File.Exists(path) && new FileInfo(path).Length > LargestFile)
        {
            File.Move(path, path + ".1", overwrite: true);
        }

        FileStreamOptions options = new() { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using FileStream file = new(path, options);
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(new { mail.Id, Time = time.GetUtcNow(), mail.To, mail.Subject, mail.Text }, Json), (byte)'\n'];
        await file.WriteAsync(line, cancellationToken);
    }
}
