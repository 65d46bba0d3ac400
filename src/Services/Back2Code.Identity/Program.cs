using Back2Code.Data;
using Back2Code.Identity;
using Back2Code.Identity.Audit;
using Back2Code.Identity.Erasing;
using Back2Code.Identity.Exporting;
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
builder.AddErasures();

builder.Services.AddValidation();
builder.Services.AddOpenApi();
builder.Services.AddIdentity();

var app = builder.Build();

app.MapServiceDefaults();
app.MapOpenApi().AllowAnonymous();
app.MapProtocols();
app.MapUserInfo();

var v1 = app.MapGroup("/v1");
v1.MapUsers();
v1.MapErasures();
v1.MapExport();
v1.MapSessions();
v1.MapClients();
v1.MapKeys();
v1.MapAudit();

await app.RunAsync();
