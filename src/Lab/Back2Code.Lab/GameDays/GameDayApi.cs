using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Back2Code.Lab.GameDays;

/// <summary>The operator's side over HTTP on 127.0.0.1, so that a program can be the operator too. It tells nothing that an operator would not know.</summary>
internal sealed class GameDayApi : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GameDayApi(WebApplication app, string url) => (_app, Url) = (app, url);

    public string Url { get; }

    /// <param name="token">Every request bears it; whoever has it plays.</param>
    /// <param name="status">What GET answers.</param>
    /// <param name="hints">Those of the fault that stands.</param>
    public static async Task<GameDayApi> StartAsync(
        string token, GameDayBook book, Func<GameDayStatus> status, Func<IReadOnlyList<string>> hints, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = 2 * GameDayBook.LongestText;
        });
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();

        var app = builder.Build();
        var expected = Encoding.ASCII.GetBytes("Bearer " + token);
        app.Use(async (context, next) =>
        {
            if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString()), expected))
            {
                await next(context);
                return;
            }

            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Bearer";
        });
        app.UseRouting();
        app.MapGet("/v1/gameday", context => context.Response.WriteAsJsonAsync(status(), GameDayJson.Options, context.RequestAborted));
        Map(app, book, "acknowledge", OperatorActKind.Acknowledge, _ => null);
        Map(app, book, "diagnose", OperatorActKind.Diagnose, act => string.IsNullOrWhiteSpace(act.Component) || string.IsNullOrWhiteSpace(act.Cause) ? "A diagnosis names a component and a cause." : null);
        Map(app, book, "mitigate", OperatorActKind.Mitigate, _ => null);
        Map(app, book, "note", OperatorActKind.Note, act => string.IsNullOrWhiteSpace(act.Text) ? "A note has a text." : null);
        Map(app, book, "writeup", OperatorActKind.WriteUp, act => string.IsNullOrWhiteSpace(act.Text) ? "A write-up has a text." : null);
        app.MapPost("/v1/gameday/hint", context =>
        {
            var there = hints();
            return there.Count == 0 ? RefuseAsync(context, StatusCodes.Status409Conflict, "There is nothing to give a hint about now.")
                : book.TakeHint(there) is { } hint ? context.Response.WriteAsJsonAsync(new { hint }, GameDayJson.Options, context.RequestAborted)
                : RefuseAsync(context, StatusCodes.Status409Conflict, "There are no more hints.");
        });
        app.MapPost("/v1/gameday/end", context =>
        {
            book.End();
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return Task.CompletedTask;
        });

        await app.StartAsync(cancellationToken);
        return new GameDayApi(app, app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private static void Map(IEndpointRouteBuilder app, GameDayBook book, string path, OperatorActKind kind, Func<ActRequest, string?> complain) =>
        app.MapPost($"/v1/gameday/{path}", async context =>
        {
            ActRequest? act;
            try
            {
                act = context.Request.ContentLength == 0 ? new ActRequest(null, null, null) : await context.Request.ReadFromJsonAsync<ActRequest>(GameDayJson.Options, context.RequestAborted);
            }
            catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException or BadHttpRequestException)
            {
                await RefuseAsync(context, StatusCodes.Status400BadRequest, $"The body is not {{\"component\", \"cause\", \"text\"}} in JSON: {e.Message}");
                return;
            }

            act ??= new ActRequest(null, null, null);
            var complaint = complain(act) ?? (act.Length > GameDayBook.LongestText ? $"At most {GameDayBook.LongestText} characters." : null);
            if (complaint is not null)
            {
                await RefuseAsync(context, StatusCodes.Status400BadRequest, complaint);
            }
            else if (book.Add(kind, act.Component, act.Cause, act.Text) is { } added)
            {
                await context.Response.WriteAsJsonAsync(added, GameDayJson.Options, context.RequestAborted);
            }
            else
            {
                await RefuseAsync(context, StatusCodes.Status409Conflict, $"{GameDayBook.MostActs} acts are all that a game day keeps.");
            }
        });

    private static async Task RefuseAsync(HttpContext context, int status, string detail)
    {
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(new { title = "Not recorded", status, detail }, GameDayJson.Options, "application/problem+json", context.RequestAborted);
    }

    private sealed record ActRequest(string? Component, string? Cause, string? Text)
    {
        public int Length => (Component?.Length ?? 0) + (Cause?.Length ?? 0) + (Text?.Length ?? 0);
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>What the operator may know.</summary>
/// <param name="Commitment">SHA-256 of the sealed plan.</param>
/// <param name="Said">What the game day has said so far, oldest first.</param>
public sealed record GameDayStatus(
    GameDayPhase Phase, string Operator, bool Blind, DateTimeOffset StartedAt, DateTimeOffset EndsAt, int Faults, string Commitment,
    IReadOnlyList<string> Said, IReadOnlyList<OperatorAct> Acts);
