using Back2Code.Data;
using Back2Code.Monitoring;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddServiceDefaults();
builder.AddPostgres(postgres =>
{
    postgres.Schema = "monitoring";
    postgres.MigrationsAssembly = typeof(IncidentEndpoints).Assembly;
});
builder.Services.AddMonitoring();

var app = builder.Build();

app.MapServiceDefaults();
app.MapGroup("/v1").MapIncidents();
app.MapGroup("/v1").MapWebhook();

await app.RunAsync();
