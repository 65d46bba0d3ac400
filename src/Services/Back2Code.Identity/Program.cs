using Back2Code.Data;
using Back2Code.Identity;
using Back2Code.Identity.Audit;
using Back2Code.Messaging;

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddServiceDefaults();
builder.AddPostgres(postgres =>
{
    postgres.Schema = "identity";
    postgres.MigrationsAssembly = typeof(IdentityProblems).Assembly;
});
builder.AddRabbitMq();
builder.AddOutboxRelay("identity");
builder.AddAuditTrail();

builder.Services.AddValidation();
builder.Services.AddOpenApi();

var app = builder.Build();

app.MapServiceDefaults();
app.MapOpenApi();
app.MapGroup("/v1").MapAudit();

await app.RunAsync();
