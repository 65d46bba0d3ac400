using Back2Code.Audit;
using Back2Code.Data;
using Back2Code.Messaging;
using Back2Code.Monitoring;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Budgets;
using Back2Code.Monitoring.Health;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.StatusPage;

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddServiceDefaults();
builder.AddPostgres(postgres =>
{
    postgres.Schema = "monitoring";
    postgres.MigrationsAssembly = typeof(IncidentEndpoints).Assembly;
});
if (builder.Configuration.GetConnectionString("RabbitMQ") is { Length: > 0 })
{
    // News of the platform's health, for those who listen, which without a listener is not kept; and audit records, which always are.
    builder.AddRabbitMq();
    builder.AddOutboxRelay("monitoring", relay => relay.DroppedWhenUnroutable = [HealthEvents.Type]);
    builder.AddAudit(EventTarget.Source);
}

builder.Services.AddMonitoring();

var app = builder.Build();

app.MapServiceDefaults();
app.MapGroup("/v1").MapIncidents();
app.MapGroup("/v1").MapAlerts();
app.MapGroup("/v1").MapWebhook();
app.MapGroup("/v1").MapSlos();
app.MapGroup("/v1").MapPlatformHealth();
app.MapStatusPage();

await app.RunAsync();
