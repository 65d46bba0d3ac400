using Back2Code.Audit;
using Back2Code.Data;
using Back2Code.Messaging;
using Back2Code.Notes;
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
builder.AddAudit(NoteEvents.Source);

builder.Services.AddValidation();
builder.Services.AddOpenApi();
builder.Services.AddNotes();

var app = builder.Build();

app.MapServiceDefaults();
app.MapOpenApi().AllowAnonymous();
app.MapGroup("/v1").MapNotes();

await app.RunAsync();
