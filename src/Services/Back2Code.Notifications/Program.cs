using Back2Code.Audit;
using Back2Code.Data;
using Back2Code.Messaging;
using Back2Code.Notifications;
using Back2Code.Notifications.Receiving;

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddServiceDefaults();
builder.AddPostgres(postgres =>
{
    postgres.Schema = "notifications";
    postgres.MigrationsAssembly = typeof(NotificationEndpoints).Assembly;
});
builder.AddRabbitMq();
builder.AddOutboxRelay("notifications");
builder.AddAudit(NotificationAudit.Source);
builder.AddConsumer<NoteEventHandler>(consumer =>
{
    consumer.Queue = "notifications.notes";
    consumer.BindingKeys = ["note.*"];
});

builder.Services.AddValidation();
builder.Services.AddOpenApi();
builder.Services.AddNotifications();

var app = builder.Build();

app.MapServiceDefaults();
app.MapOpenApi().AllowAnonymous();
app.MapGroup("/v1").MapNotifications();

await app.RunAsync();
