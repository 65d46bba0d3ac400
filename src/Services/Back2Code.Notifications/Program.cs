using Back2Code.Audit;
using Back2Code.Data;
using Back2Code.Messaging;
using Back2Code.Notifications;
using Back2Code.Notifications.Erasing;
using Back2Code.Notifications.Exporting;
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
builder.AddConsumer<ErasureHandler>(consumer =>
{
    consumer.Queue = ErasureHandler.Queue;
    consumer.BindingKeys = [RequestedErasure.Requested];

    // Rare, and each may take a while.
    consumer.Concurrency = 1;
    consumer.HandlerTimeout = TimeSpan.FromMinutes(2);
});

builder.Services.AddValidation();
builder.Services.AddOpenApi();
builder.Services.AddNotifications();

var app = builder.Build();

app.MapServiceDefaults();
app.MapOpenApi().AllowAnonymous();
app.MapGroup("/v1").MapNotifications();

await app.RunAsync();
