using System.Net.Mail;
using System.Text;
using System.Text.Json;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Notifying;
using static Back2Code.UnitTests.Monitoring.Notifications;

namespace Back2Code.UnitTests.Monitoring;

/// <summary>What mails and webhooks say.</summary>
public sealed class MessageTests
{
    private static readonly SmtpOptions Smtp = new() { Host = "mail.test", From = "alerts@example.com", To = "ada@example.com, grace@example.com" };

    [Fact]
    public void A_mail_tells_what_fires_since_when_and_what_to_do()
    {
        var told = new Notifications().Tell(2, Firing("Down", 1, Severity.Critical, instance: "notes-1"));

        using MailMessage mail = Mail.Write(told.News, Smtp, told.Only);

        Assert.Equal("[CRITICAL] Down summary (1 firing)", mail.Subject);
        Assert.Contains("- Down on notes-1 (critical), since 2026-11-20 12:00:01Z: Down summary", mail.Body, StringComparison.Ordinal);
        Assert.Contains($"back2code incident ack {told.Only.Id}", mail.Body, StringComparison.Ordinal);
        Assert.Equal(["ada@example.com", "grace@example.com"], mail.To.Select(a => a.Address));
        Assert.Equal(MailPriority.High, mail.Priority);
    }

    [Fact]
    public void Mails_on_one_incident_are_one_thread()
    {
        var told = new Notifications().Tell(2, Firing("Down", 1)).Tell(9, Resolved("Down", 1, 8));

        using MailMessage first = Mail.Write([told.News[0]], Smtp, told.Only);
        using MailMessage second = Mail.Write([told.News[1]], Smtp, told.Only);

        Assert.Equal(first.Headers["References"], second.Headers["References"]);
        Assert.NotEqual(first.Headers["Message-ID"], second.Headers["Message-ID"]);
        Assert.Equal("[resolved] Down summary (1 ended)", second.Subject);
    }

    [Fact]
    public void A_label_cannot_write_headers()
    {
        Alert hostile = Firing("Down", 1) with { Annotations = new Dictionary<string, string> { ["summary"] = "x\r\nBcc: eve@example.com\r\n\r\nbody" } };
        var told = new Notifications().Tell(2, hostile);

        using MailMessage mail = Mail.Write(told.News, Smtp, told.Only);

        Assert.DoesNotContain('\n', mail.Subject);
        Assert.DoesNotContain('\r', mail.Subject);
        Assert.Empty(mail.Bcc);
    }

    [Fact]
    public void A_storm_is_one_mail_of_bounded_length()
    {
        var told = new Notifications().Tell(2, [.. Enumerable.Range(0, 10_000).Select(i => Firing("Storm", 1, instance: $"i{i}"))]);

        using MailMessage mail = Mail.Write(told.News, Smtp, told.Only);

        Assert.Equal("[WARNING] Storm summary (10000 firing)", mail.Subject);
        Assert.Contains("- and 9950 more", mail.Body, StringComparison.Ordinal);
        Assert.InRange(mail.Body.Length, 1, 20_000);
    }

    [Theory]
    [InlineData("nobody", "ada@example.com", null, null, true, "From")]
    [InlineData("alerts@example.com", "ada@example.com, nobody", null, null, true, "To")]
    [InlineData("alerts@example.com", "ada@example.com", "user", null, true, "UserName")]
    [InlineData("alerts@example.com", "ada@example.com", "user", "/run/secrets/smtp", false, "in the clear")]
    public void Settings_that_cannot_work_are_refused_at_start(string from, string to, string? user, string? passwordFile, bool startTls, string reason)
    {
        var options = new SmtpOptions { Host = "mail.test", From = from, To = to, UserName = user, PasswordFile = passwordFile, StartTls = startTls };

        Assert.Contains(reason, Assert.Single(options.Validate(new(options))).ErrorMessage, StringComparison.Ordinal);
    }

    /// <summary>printf '1763640000.{"a":1}' | openssl dgst -sha256 -hmac 'sixteen-characters'</summary>
    [Fact]
    public void The_signature_is_what_openssl_computes() => Assert.Equal(
        "t=1763640000,v1=e4c095846db9d2ae882389c0fdda008e18bf4fe4f639411064fee0addb9829ca",
        WebhookChannel.Sign("sixteen-characters", DateTimeOffset.FromUnixTimeSeconds(1_763_640_000), "{\"a\":1}"u8));

    [Fact]
    public void Neither_the_time_nor_the_body_can_be_changed_without_the_key()
    {
        DateTimeOffset at = DateTimeOffset.FromUnixTimeSeconds(1_763_640_000);
        string signature = WebhookChannel.Sign("sixteen-characters", at, "body"u8).Split("v1=")[1];

        Assert.NotEqual(signature, WebhookChannel.Sign("sixteen-characters", at.AddSeconds(1), "body"u8).Split("v1=")[1]);
        Assert.NotEqual(signature, WebhookChannel.Sign("sixteen-characters", at, "bodY"u8).Split("v1=")[1]);
        Assert.NotEqual(signature, WebhookChannel.Sign("sixteen-charactres", at, "body"u8).Split("v1=")[1]);
    }

    [Fact]
    public async Task The_log_has_a_line_for_each_alert_that_begins_or_ends_and_is_only_appended_to()
    {
        string folder = Directory.CreateTempSubdirectory("b2c-log-").FullName;
        string path = Path.Combine(folder, "deeper", "alerts.jsonl");
        var told = new Notifications().Tell(2, Firing("A", 1), Firing("B\n\"quoted\"", 1)).Tell(9, Resolved("A", 1, 8));
        using var file = new JsonLinesFile(path, new RetentionOptions(), TimeProvider.System);
        var log = new AlertLog(file);

        await log.DeliverAsync([told.News[0]], default);
        byte[] before = await File.ReadAllBytesAsync(path);
        await log.DeliverAsync([told.News[1]], default);

        byte[] after = await File.ReadAllBytesAsync(path);
        Assert.True(after.AsSpan().StartsWith(before));
        var lines = Encoding.UTF8.GetString(after).TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal([("firing", "A"), ("firing", "B\n\"quoted\""), ("resolved", "A")], lines.Select(l => (l.GetProperty("event").GetString()!, l.GetProperty("name").GetString()!)));
        Assert.Equal(3, lines.Select(l => l.GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal(At(8), lines[2].GetProperty("endsAt").GetDateTimeOffset());
        Directory.Delete(folder, recursive: true);
    }
}
