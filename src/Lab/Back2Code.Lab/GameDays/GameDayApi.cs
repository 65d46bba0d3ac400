using System.Net;
using System.Security.Cryptography;
using System.Text;
using Back2Code.Lab.Supervision;
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
        Map(app, book, "diagnose", OperatorActKind.Diagnose, act => Missing("component", act.Component, "a diagnosis names a component") ?? Missing("cause", act.Cause, "a diagnosis names a cause"));
        Map(app, book, "mitigate", OperatorActKind.Mitigate, _ => null);
        Map(app, book, "note", OperatorActKind.Note, act => Missing("text", act.Text, "a note has a text"));
        Map(app, book, "writeup", OperatorActKind.WriteUp, act => Missing("text", act.Text, "a write-up has a text"));
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

    private static void Map(IEndpointRouteBuilder app, GameDayBook book, string path, OperatorActKind kind, Func<ActRequest, BodyComplaint?> complain) =>
        app.MapPost($"/v1/gameday/{path}", async context =>
        {
            // An act that says nothing but that it was done may come without a body.
            var act = context.Request.ContentLength == 0 && complain(ActRequest.Empty) is null
                ? ActRequest.Empty
                : await RequestBody.ReadAsync<ActRequest>(context, GameDayJson.Options, request => request.Complaint() ?? complain(request));
            if (act is null)
            {
                return;
            }

            if (book.Add(kind, act.Component, act.Cause, act.Text) is { } added)
            {
                await context.Response.WriteAsJsonAsync(added, GameDayJson.Options, context.RequestAborted);
            }
            else
            {
                await RefuseAsync(context, StatusCodes.Status409Conflict, $"{GameDayBook.MostActs} acts are all that a game day keeps.");
            }
        });

    private static BodyComplaint? Missing(string name, string? value, string why) =>
        string.IsNullOrWhiteSpace(value) ? new BodyComplaint("$." + name, "is missing: " + why) : null;

    private static Task RefuseAsync(HttpContext context, int status, string detail) => LabProblem.WriteAsync(context, status, detail, title: "Not recorded");

    private sealed record ActRequest(string? Component, string? Cause, string? Text)
    {
        public static readonly ActRequest Empty = new(null, null, null);

        public BodyComplaint? Complaint() =>
            (Component?.Length ?? 0) + (Cause?.Length ?? 0) + (Text?.Length ?? 0) > GameDayBook.LongestText ? new("$", $"holds more than {GameDayBook.LongestText} characters") : null;
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
