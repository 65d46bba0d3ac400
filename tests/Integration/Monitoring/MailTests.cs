using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Back2Code.IntegrationTests.Servers;
using static Back2Code.IntegrationTests.Monitoring.Notification;

namespace Back2Code.IntegrationTests.Monitoring;

public sealed class MailTests(SharedServers servers)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_warning_and_its_end_are_mailed_and_an_info_is_not()
    {
        using var spool = new SpoolFolder();
        await using var smtp = new SmtpServer();
        smtp.Start();
        await using MonitoringApplication monitoring = await StartAsync(spool, smtp.Port);

        await monitoring.TellAsync(Alert("Fyi", 0, severity: "info"));
        await monitoring.TellAsync(Alert("Down", 1));
        await Eventually.IsTrueAsync(() => smtp.Mails.Count == 1, Bound, "the warning is mailed");
        await monitoring.TellAsync(Alert("Down", 1, 9));
        await Eventually.IsTrueAsync(() => smtp.Mails.Count == 2, Bound, "its end is mailed");

        string[] mails = [.. smtp.Mails];
        Assert.Contains("Subject: [WARNING] Down summary (1 firing)\n", mails[0], StringComparison.Ordinal);
        Assert.Contains("To: ada@example.com, grace@example.com\n", mails[0], StringComparison.Ordinal);
        Assert.Contains("Subject: [resolved] Down summary (1 ended)\n", mails[1], StringComparison.Ordinal);
        Assert.DoesNotContain("Fyi", mails[0] + mails[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_mail_server_is_down_alerts_are_taken_at_once_and_mailed_when_it_is_back_even_by_another_process()
    {
        using var spool = new SpoolFolder();
        await using var smtp = new SmtpServer();
        int port = FreePort.Next();
        PostgresServer postgres = await servers.PostgresAsync();
        string database = await postgres.CreateDatabaseAsync("monitoring");
        TimeSpan slowest;
        await using (MonitoringApplication first = await MonitoringApplication.StartAsync(database, spool.Path, Settings(port)))
        {
            slowest = await TimeOfAsync(() => first.TellAsync(Alert("Down", 0)));
            slowest = Max(slowest, await TimeOfAsync(() => first.TellAsync(Alert("Down", 0, 5))));
        }

        await using MonitoringApplication second = await MonitoringApplication.StartAsync(database, spool.Path, Settings(port));
        smtp.Start(port);
        await Eventually.IsTrueAsync(() => !smtp.Mails.IsEmpty, Bound, "what could not be mailed is mailed");

        string mail = Assert.Single(smtp.Mails);
        Assert.Contains("(1 ended)", mail, StringComparison.Ordinal);
        Assert.True(slowest < TimeSpan.FromSeconds(5), $"a notification took {slowest} while the mail server was down");
    }

    [Theory]
    [InlineData("451 4.3.0 try later")]
    [InlineData("554 5.7.1 no")]
    [InlineData(null)]
    public async Task A_mail_server_that_refuses_or_hangs_is_tried_again(string? verdict)
    {
        using var spool = new SpoolFolder();
        await using var smtp = new SmtpServer { Verdict = verdict };
        smtp.Start();
        await using MonitoringApplication monitoring = await StartAsync(spool, smtp.Port);

        await monitoring.TellAsync(Alert("Down", 1));
        await Eventually.IsTrueAsync(() => smtp.Connections >= 2, Bound, "it is tried again");
        smtp.Verdict = "250 2.0.0 queued";
        await Eventually.IsTrueAsync(() => !smtp.Mails.IsEmpty, Bound, "it is mailed");

        Assert.Contains("Down summary", smtp.Mails.First(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_server_that_somebody_else_has_written_understands_us()
    {
        string python = Programs.Find("python3");
        int port = FreePort.Next();
        using var home = new ServerHome("smtp");
        await home.HandOverAsync();
        await using var server = new ServerProcess(home, [python, "-u", "-c", DebuggingServer, port.ToString(CultureInfo.InvariantCulture)], new Dictionary<string, string>());
        await server.StartAsync();
        try
        {
            await server.WaitUntilReadyAsync(ct => AnswersAsync(port, ct), TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(50));
        }
        catch (InvalidOperationException e) when (e.Message.Contains("ModuleNotFoundError", StringComparison.Ordinal))
        {
            Assert.Skip("python3 brings no mail server: neither smtpd (until 3.11) nor aiosmtpd.");
        }

        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await StartAsync(spool, port);
        await monitoring.TellAsync(Alert("Down", 1, severity: "critical"));

        await Eventually.IsTrueAsync(() => Log(home).Contains("END MESSAGE", StringComparison.Ordinal), Bound, "the mail has arrived");
        string mail = Log(home);
        Assert.Contains("Subject: [CRITICAL] Down summary (1 firing)", mail, StringComparison.Ordinal);
        Assert.Contains("Auto-Submitted: auto-generated", mail, StringComparison.Ordinal);
        Assert.Contains("Message-ID: <", mail, StringComparison.OrdinalIgnoreCase);
    }

    // The standard library's server up to Python 3.11, the package that took its place after it. Both print what they get.
    private const string DebuggingServer = """
        import sys, warnings
        warnings.simplefilter('ignore')
        port = int(sys.argv[1])
        try:
            import asyncore, smtpd
            smtpd.DebuggingServer(('127.0.0.1', port), None)
            asyncore.loop()
        except ModuleNotFoundError:
            import time
            from aiosmtpd.controller import Controller
            from aiosmtpd.handlers import Debugging
            Controller(Debugging(sys.stdout), hostname='127.0.0.1', port=port).start()
            while True:
                time.sleep(3600)
        """;

    private static async Task<bool> AnswersAsync(int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port, cancellationToken);
        byte[] greeting = new byte[3];
        await client.GetStream().ReadExactlyAsync(greeting, cancellationToken);
        return greeting is [(byte)'2', (byte)'2', (byte)'0'];
    }

    private static string Log(ServerHome home)
    {
        using var reader = new StreamReader(new FileStream(home.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }

    private static async Task<TimeSpan> TimeOfAsync(Func<Task> work)
    {
        long start = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(start);
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static Dictionary<string, string> Settings(int port) => new()
    {
        ["Monitoring:Smtp:Host"] = "127.0.0.1",
        ["Monitoring:Smtp:Port"] = port.ToString(CultureInfo.InvariantCulture),
        ["Monitoring:Smtp:From"] = "alerts@example.com",
        ["Monitoring:Smtp:To"] = "ada@example.com,grace@example.com",
        ["Monitoring:Smtp:StartTls"] = "false",
        ["Monitoring:Smtp:GatherFor"] = "00:00:00",
        ["Monitoring:Smtp:Timeout"] = "00:00:02",
    };

    private async Task<MonitoringApplication> StartAsync(SpoolFolder spool, int port) =>
        await MonitoringApplication.StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), spool.Path, Settings(port));
}
