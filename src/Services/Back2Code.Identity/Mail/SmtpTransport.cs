using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>To a mail server by SMTP.</summary>
internal sealed class SmtpTransport(IOptions<MailOptions> settings) : IMailTransport
{
    public async Task SendAsync(OutgoingMail mail, CancellationToken cancellationToken)
    {
        var options = settings.Value;
        using MailMessage message = new(options.From, mail.To, mail.Subject, mail.Text)
        {
            // All of it is ASCII, and a link that nothing breaks or escapes can be copied from any reader.
            BodyEncoding = Encoding.ASCII,
            BodyTransferEncoding = TransferEncoding.SevenBit,
        };

        // RFC 5322: the same mail has the same id, by which servers and readers know a repetition; RFC 3834: no out-of-office notes, please.
        message.Headers.Add("Message-ID", $"<{mail.Id:N}@{message.From!.Host}>");
        message.Headers.Add("Auto-Submitted", "auto-generated");
        using SmtpClient client = new(options.Host, options.Port) { EnableSsl = options.StartTls, DeliveryMethod = SmtpDeliveryMethod.Network };
        if (options.UserName is { } user)
        {
            client.Credentials = new NetworkCredential(user, (await File.ReadAllTextAsync(options.PasswordFile!, cancellationToken)).Trim());
        }

        // The server is asked to stop and not waited for: one that hangs must not hold the others up.
        await client.SendMailAsync(message, cancellationToken).WaitAsync(cancellationToken);
    }
}
