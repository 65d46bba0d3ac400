using System.ComponentModel.DataAnnotations;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Evidence;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Notifying;
using Back2Code.Monitoring.Watchdog;
using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring;

internal static class AlertingServiceCollectionExtensions
{
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(5);

    /// <summary>The desk where notifications arrive, the incidents, the channels that tell of them, and the switch that notices silence.</summary>
    public static IServiceCollection AddAlerting(this IServiceCollection services)
    {
        services.AddOptions<SmtpOptions>().BindConfiguration("Monitoring:Smtp").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<RetentionOptions>().BindConfiguration("Monitoring:Retention").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<WatchdogOptions>().BindConfiguration("Monitoring:Watchdog").ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<List<WebhookOptions>>().BindConfiguration("Monitoring:Webhooks")
            .Validate(static list => list.TrueForAll(IsValid), "Monitoring:Webhooks: each needs Url (http or https), SecretFile, and a MinimumSeverity of info, warning, error or critical.")
            .ValidateOnStart();

        services.AddSingleton<SteadyClock>();
        services.AddSingleton<ActRecorder>();
        services.AddSingleton<IncidentDesk>();
        services.AddSingleton<IncidentStore>();
        services.AddSingleton<ActStore>();
        services.AddSingleton<IncidentReader>();
        services.AddSingleton<IncidentClerk>();
        services.AddHostedService<IncidentWriter>();

        services.AddSingleton<AlertStore>();
        services.AddSingleton<AlertHistory>();
        services.AddSingleton<Webhook>();

        services.AddSingleton<LogFiles>();
        services.AddSingleton(CreateChannels);
        services.AddHostedService<RetentionWorker>();
        services.AddHostedService<ChannelWorker>();

        services.AddSingleton<DeadMansSwitch>();
        services.AddHostedService(provider => provider.GetRequiredService<DeadMansSwitch>());
        services.AddHostedService(CreateComparer);
        services.AddHostedService<EvidenceCollector>();
        return services;
    }

    private static ChannelList CreateChannels(IServiceProvider provider)
    {
        SmtpOptions smtp = provider.GetRequiredService<IOptions<SmtpOptions>>().Value;
        List<WebhookOptions> webhooks = provider.GetRequiredService<IOptions<List<WebhookOptions>>>().Value;

        // The desk needs the channels to begin; the channels need the desk only when they speak.
        Incident? Find(Guid id) => provider.GetRequiredService<IncidentDesk>().Book.Find(id);

        var channels = new List<IChannel> { provider.GetRequiredService<AlertHistory>() };
        var logs = provider.GetRequiredService<LogFiles>();
        if (logs.Alerts is { } alerts)
        {
            channels.Add(new AlertLog(alerts));
        }

        if (logs.Pager is { } pager)
        {
            channels.Add(new PagerLog(pager, Find, provider.GetRequiredService<TimeProvider>()));
        }

        if (smtp.Host is { Length: > 0 })
        {
            channels.Add(new Mail(smtp, Find, provider.GetRequiredService<ILogger<Mail>>()));
        }

        // Redirects are not followed: a signed message is for whom the operator named.
        channels.AddRange(webhooks.Select((webhook, i) => new WebhookChannel(
            $"webhook-{i}",
            webhook,
            Find,
            new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5), UseCookies = false }) { Timeout = webhook.Timeout },
            provider.GetRequiredService<TimeProvider>())));
        return new ChannelList(channels);
    }

    private static AlertComparer CreateComparer(IServiceProvider provider)
    {
        IOptions<WatchdogOptions> options = provider.GetRequiredService<IOptions<WatchdogOptions>>();
        AlertmanagerReader? alertmanager = options.Value.AlertmanagerUrl is { } address
            ? new AlertmanagerReader(new HttpClient { Timeout = AskPatience, MaxResponseContentBufferSize = 64 << 20 }, address)
            : null;
        return new AlertComparer(
            provider.GetRequiredService<IncidentDesk>(), alertmanager, options, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AlertComparer>>());
    }

    private static bool IsValid(WebhookOptions webhook) => Validator.TryValidateObject(webhook, new ValidationContext(webhook), null, validateAllProperties: true);
}
