using Back2Code.Data;
using Back2Code.Monitoring;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Gateway;
using Back2Code.Monitoring.Incidents;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddPostgres(o =>
{
    o.Schema = "monitoring";
    o.MigrationsAssembly = typeof(MonitoringOptions).Assembly;
});

builder.Services.AddOptions<MonitoringOptions>().BindConfiguration("Monitoring").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<IncidentDesk>();
builder.Services.AddSingleton<IncidentStore>();
builder.Services.AddSingleton<IncidentReader>();
builder.Services.AddSingleton<WebhookEndpoint>();
builder.Services.AddHostedService<IncidentWriter>();
builder.Services.AddSingleton<GatewayMetrics>();
builder.Services.AddSingleton<GatewayLogReceiver>();
builder.Services.AddHostedService(services => services.GetRequiredService<GatewayLogReceiver>());

var app = builder.Build();
app.MapServiceDefaults();

var v1 = app.MapGroup("/v1");
v1.MapIncidents();
WebhookEndpoint.Map(v1, app.Services.GetRequiredService<IOptions<MonitoringOptions>>().Value.WebhookBodyLimitBytes);

await app.RunAsync();
