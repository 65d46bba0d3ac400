using Back2Code.Authentication;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddBack2CodeAuthentication();
builder.Services.Configure<BearerTokenOptions>(builder.Configuration.GetSection("Authentication"));

var app = builder.Build();
app.MapGet("/greetings", (CurrentUser user) => $"Hello {user.Id}").RequirePermission("greetings:read");
app.MapPost("/greetings", (CurrentUser user) => TypedResults.Ok(new { by = user.Id, through = user.Client })).RequirePermission("greetings:write");
app.Run();
