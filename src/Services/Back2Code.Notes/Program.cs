using Back2Code.Audit;
using Back2Code.Data;
using Back2Code.Messaging;
using Back2Code.Notes;
using Back2Code.Notes.Erasing;
using Back2Code.Notes.Events;

var builder = WebApplication.CreateSlimBuilder(args);

builder.AddServiceDefaults();
builder.AddPostgres(postgres =>
{
    postgres.Schema = "notes";
    postgres.MigrationsAssembly = typeof(NoteEndpoints).Assembly;
});
builder.AddRedis();
builder.AddVersionedCache("notes");
builder.AddRabbitMq();
builder.AddOutboxRelay("notes");
builder.AddConsumer<ErasureHandler>(consumer =>
{
    consumer.Queue = ErasureHandler.Queue;
    consumer.BindingKeys = [RequestedErasure.Requested];

    // Rare, and each may take a while: somebody may have a hundred thousand notes.
    consumer.Concurrency = 1;
    consumer.HandlerTimeout = TimeSpan.FromMinutes(2);
});
builder.AddAudit(NoteEvents.Source);

builder.Services.AddValidation();
builder.Services.AddOpenApi();
builder.Services.AddNotes();

var app = builder.Build();

app.MapServiceDefaults();
app.MapOpenApi().AllowAnonymous();
app.MapGroup("/v1").MapNotes();

await app.RunAsync();
