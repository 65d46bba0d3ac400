using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.Notifying;

/// <summary>E-mail by SMTP: one mail for what happened to one incident since the last, in one thread by incident.</summary>
internal sealed partial class Mail(SmtpOptions options, Func<Guid, Incident?> find, ILogger<Mail> logger) : IChannel
{
    public const string Name = "email";

    // What a person reads on a telephone; the incident has the rest.
    private const int MaximumListed = 50;

    public Subscription Subscription { get; } = new(
        Name, IncidentChanges.TryParse(options.MinimumSeverity, out Severity from) ? from : Severity.Warning, KeepsEverything: false);

    public ChannelPace Pace { get; } = new(options.GatherFor, options.Timeout, options.GiveUpAfter);

    public async Task DeliverAsync(IReadOnlyList<Notice> notices, CancellationToken cancellationToken)
    {
        using MailMessage message = Write(notices, options, notices[^1].Incident is { } id ? find(id) : null);
        using var client = new SmtpClient(options.Host, options.Port) { EnableSsl = options.StartTls, DeliveryMethod = SmtpDeliveryMethod.Network };
        if (options.UserName is { } user)
        {
            client.Credentials = new NetworkCredential(user, (await File.ReadAllTextAsync(options.PasswordFile!, cancellationToken)).Trim());
        }

        try
        {
            await client.SendMailAsync(message, cancellationToken).WaitAsync(cancellationToken);
        }
        catch (SmtpFailedRecipientsException e) when (e.InnerExceptions.Length < message.To.Count)
        {
            // The others have it. To send it again would tell them twice, and again.
            Log.SomeRefused(logger, e.InnerExceptions.Length, message.To.Count, e.Message);
        }
        catch (SmtpFailedRecipientException e) when (e is not SmtpFailedRecipientsException && message.To.Count > 1)
        {
            Log.SomeRefused(logger, 1, message.To.Count, e.Message);
        }
    }

    internal static MailMessage Write(IReadOnlyList<Notice> notices, SmtpOptions options, Incident? incident)
    {
        Notice news = notices.Aggregate((older, newer) => Notice.Merge(older, newer, int.MaxValue));
        var firing = news.Alerts.Where(a => a.IsActive).ToList();
        var ended = news.Alerts.Where(a => !a.IsActive).ToList();
        var message = new MailMessage
        {
            From = new MailAddress(options.From),
            Subject = OneLine(Subject(news, incident, firing.Count, ended.Count)),
            SubjectEncoding = Encoding.UTF8,
            Body = Body(news, incident, firing, ended),
            BodyEncoding = Encoding.UTF8,
            BodyTransferEncoding = TransferEncoding.QuotedPrintable,
        };
        foreach (string address in options.To.Split(',', StringSplitOptions.TrimEntries))
        {
            message.To.Add(new MailAddress(address));
        }

        // RFC 5322: the same news has the same id, by which servers and readers know a repetition; RFC 3834: no out-of-office notes, please.
        string host = message.From.Host;
        message.Headers.Add("Message-ID", $"<{news.Id:N}.{notices.Count}@{host}>");
        message.Headers.Add("Auto-Submitted", "auto-generated");
        if (news.Incident is { } id)
        {
            message.Headers.Add("References", $"<{id:N}@{host}>");
            message.Headers.Add("X-Back2Code-Incident", id.ToString());
        }

        if (news.Severity == Severity.Critical && firing.Count > 0)
        {
            message.Priority = MailPriority.High;
        }

        return message;
    }

    private static string Subject(Notice news, Incident? incident, int firing, int ended)
    {
        string what = incident?.Title is { Length: > 0 } title ? title : news.Text.Length > 0 ? news.Text : news.Alerts is [var first, ..] ? first.Summary : "alert";
        string state = incident is { IsActive: false } ? "resolved" : IncidentChanges.Text(incident?.Severity ?? news.Severity).ToUpperInvariant();
        var counts = new List<string>();
        if (firing > 0)
        {
            counts.Add(string.Create(CultureInfo.InvariantCulture, $"{firing} firing"));
        }

        if (ended > 0)
        {
            counts.Add(string.Create(CultureInfo.InvariantCulture, $"{ended} ended"));
        }

        return counts.Count == 0 ? $"[{state}] {what}" : $"[{state}] {what} ({string.Join(", ", counts)})";
    }

    private static string Body(Notice news, Incident? incident, List<AlertEpisode> firing, List<AlertEpisode> ended)
    {
        var text = new StringBuilder();
        if (incident is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"{incident.Title}\r\n{IncidentChanges.Text(incident.State)}, {IncidentChanges.Text(incident.Severity)}, since {incident.OpenedAt:u}");
            text.Append(incident.Commander is { } commander ? $", {commander} commands\r\n" : ", nobody has acknowledged it yet\r\n");
        }

        if (news.Text.Length > 0)
        {
            text.Append("\r\n").Append(news.Text).Append("\r\n");
        }

        List(text, "Firing", firing, a => string.Create(CultureInfo.InvariantCulture, $"since {a.StartsAt:u}"));
        List(text, "Ended", ended, a => string.Create(CultureInfo.InvariantCulture, $"{a.StartsAt:u} to {a.EndsAt:u}"));
        if (news.Omitted > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\r\n{news.Omitted} more alerts came while this mail could not be sent; the incident has them.\r\n");
        }

        if (incident is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"\r\nback2code incident show {incident.Id}\r\nback2code incident ack {incident.Id}\r\n");
        }

        return text.ToString();
    }

    private static void List(StringBuilder text, string heading, List<AlertEpisode> alerts, Func<AlertEpisode, string> when)
    {
        if (alerts.Count == 0)
        {
            return;
        }

        text.Append(CultureInfo.InvariantCulture, $"\r\n{heading}:\r\n");
        foreach (AlertEpisode alert in alerts.Take(MaximumListed))
        {
            string where = alert.Instance is { Length: > 0 } instance ? $" on {instance}" : "";
            text.Append(CultureInfo.InvariantCulture, $"- {alert.Name}{where} ({IncidentChanges.Text(alert.Severity)}), {when(alert)}: {OneLine(alert.Summary)}\r\n");
            if (alert.IsActive && alert.Annotations.TryGetValue("runbook", out string? runbook))
            {
                text.Append(CultureInfo.InvariantCulture, $"  runbook: {OneLine(runbook)}\r\n");
            }
        }

        if (alerts.Count > MaximumListed)
        {
            text.Append(CultureInfo.InvariantCulture, $"- and {alerts.Count - MaximumListed} more\r\n");
        }
    }

    /// <summary>Labels come from outside. A line end in a header would begin another header.</summary>
    private static string OneLine(string text)
    {
        string line = string.Concat(text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c));
        return line.Length <= 400 ? line : NotificationReader.Cut(line, 397) + "...";
    }

    private static partial class Log
    {
        [LoggerMessage(5511, LogLevel.Error, "{Refused} of {Recipients} recipients of a mail were refused: {Reason}", EventName = "MailRecipientsRefused")]
        public static partial void SomeRefused(ILogger logger, int refused, int recipients, string reason);
    }
}
