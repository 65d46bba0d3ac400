using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Traffic;

/// <summary>What the stand-in does wrong with a write. "Once" faults are spent by the first write they fit.</summary>
public enum Misdeed
{
    /// <summary>Answers success and forgets the write and its event.</summary>
    LoseWrite,

    /// <summary>Does the write and forgets its event.</summary>
    LoseEvent,

    /// <summary>Does the write and delivers its event twice.</summary>
    RepeatEvent,

    /// <summary>Makes two notes for one creation.</summary>
    CreateTwice,

    /// <summary>Applies a replacement twice, so the version is one too high.</summary>
    ReplaceTwice,

    /// <summary>Replaces version, keeps the old content.</summary>
    KeepOldContent,

    /// <summary>Answers that the note is deleted, and keeps it.</summary>
    KeepDeleted,

    /// <summary>Leaves the new note out of lists.</summary>
    HideFromList,

    /// <summary>Does the write, then answers 503.</summary>
    WriteAndAnswer503,

    /// <summary>Does the write, then breaks the connection.</summary>
    WriteAndReset,
}

/// <summary>Notes and notifications in memory behind a real Kestrel, with the public HTTP API of the platform, honest until told otherwise.</summary>
internal sealed class StandIn : IAsyncDisposable
{
    private sealed record Note(Guid Id, string Owner, string Title, string Body, long Version, DateTimeOffset CreatedAt, bool Hidden = false);

    private sealed record Notification(long Id, string Owner, string Type, Guid NoteId, long Version, DateTimeOffset CreatedAt);

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Note> _notes = [];
    private readonly HashSet<Guid> _tombstones = [];
    private readonly Dictionary<string, Guid> _byKey = [];
    private readonly List<Notification> _notifications = [];
    private readonly ConcurrentDictionary<(Misdeed, string Method), int> _due = new();
    private readonly ConcurrentDictionary<Guid, int> _writing = new();
    private WebApplication _app = null!;
    private int _inboxReads;

    public Uri Address { get; private set; } = null!;

    public IReadOnlyDictionary<string, string> Tokens { get; } = new Dictionary<string, string> { ["ada"] = "token-of-ada", ["bob"] = "token-of-bob", ["cleo"] = "token-of-cleo" };

    /// <summary>All writes answer 503 and do nothing.</summary>
    public volatile bool WritesDown;

    /// <summary>Every request hangs until its client gives up.</summary>
    public volatile bool BlackHole;

    /// <summary>Reads show the version before the last; the answer says it is stale when <see cref="DeclareStale"/>.</summary>
    public volatile bool ServeOldVersions;

    public volatile bool DeclareStale;

    /// <summary>Events are kept back and delivered when this turns false.</summary>
    public volatile bool HoldEvents;

    /// <summary>How long a read of one note takes.</summary>
    public TimeSpan ReadDelay { get; set; }

    public ConcurrentBag<string> TraceParents { get; } = [];

    /// <summary>How often an inbox was read.</summary>
    public int InboxReads => Volatile.Read(ref _inboxReads);

    /// <summary>Two writes of one note were seen at the same time.</summary>
    public bool OverlappingWrites { get; private set; }

    public int CreatesWithoutKey { get; private set; }

    public static async Task<StandIn> StartAsync()
    {
        var standIn = new StandIn();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        standIn._app = builder.Build();
        standIn._app.Run(standIn.AnswerAsync);
        await standIn._app.StartAsync();
        standIn.Address = new Uri(standIn._app.Urls.Single());
        return standIn;
    }

    /// <summary>Does this wrong with the next write of this method.</summary>
    public void Once(Misdeed misdeed, HttpMethod method) => _due.AddOrUpdate((misdeed, method.Method), 1, (_, n) => n + 1);

    /// <summary>Whether some <see cref="Once"/> has not happened yet.</summary>
    public bool Due => _due.Values.Any(n => n > 0);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        TraceParents.Add(context.Request.Headers["traceparent"].ToString());
        string? user = Tokens.SingleOrDefault(t => context.Request.Headers.Authorization == $"Bearer {t.Value}").Key;
        if (user is null)
        {
            context.Response.StatusCode = 401;
            return;
        }

        if (BlackHole)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return;
        }

        string method = context.Request.Method;
        string path = context.Request.Path;
        Guid? id = Guid.TryParse(path.Split('/').Last(), out var parsed) ? parsed : null;
        if (method == "GET")
        {
            await (path == "/v1/notifications" ? ListNotificationsAsync(context, user) : id is null ? ListNotesAsync(context, user) : ReadAsync(context, user, id.Value));
            return;
        }

        if (WritesDown)
        {
            context.Response.StatusCode = 503;
            return;
        }

        using var body = method == "DELETE" ? null : await JsonDocument.ParseAsync(context.Request.Body);
        if (id is not null && _writing.AddOrUpdate(id.Value, 1, (_, n) => n + 1) > 1)
        {
            OverlappingWrites = true;
        }

        // Lets two writes of one note overlap, should the generator ever send them.
        await Task.Yield();
        var (status, answer) = Write(method, user, id, body?.RootElement, context.Request.Headers["Idempotency-Key"]);
        if (id is not null)
        {
            _writing.AddOrUpdate(id.Value, 0, (_, n) => n - 1);
        }

        if (Spend(Misdeed.WriteAndAnswer503, method))
        {
            context.Response.StatusCode = 503;
            return;
        }

        if (Spend(Misdeed.WriteAndReset, method))
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = status;
        if (answer is not null)
        {
            await WriteJsonAsync(context, View(answer));
        }
    }

    private (int Status, Note? Answer) Write(string method, string user, Guid? id, JsonElement? body, string? key)
    {
        lock (_gate)
        {
            switch (method)
            {
                case "POST":
                    CreatesWithoutKey += string.IsNullOrEmpty(key) ? 1 : 0;
                    return (201, Create_NeedsLock(user, body!.Value, key!));
                case "PUT":
                    return Replace_NeedsLock(user, id!.Value, body!.Value);
                default:
                    return (Delete_NeedsLock(user, id!.Value), null);
            }
        }
    }

    private Note Create_NeedsLock(string user, JsonElement body, string key)
    {
        if (_byKey.TryGetValue(key, out var existing))
        {
            return _notes[existing];
        }

        var note = new Note(Guid.CreateVersion7(), user, body.GetProperty("title").GetString()!, body.GetProperty("body").GetString()!, 1, TimeProvider.System.GetUtcNow());
        if (Spend(Misdeed.LoseWrite, "POST"))
        {
            return note;
        }

        _byKey[key] = note.Id;
        _notes[note.Id] = note with { Hidden = Spend(Misdeed.HideFromList, "POST") };
        Publish_NeedsLock("note.created", "POST", note);
        if (Spend(Misdeed.CreateTwice, "POST"))
        {
            var twin = note with { Id = Guid.CreateVersion7() };
            _notes[twin.Id] = twin;
            Publish_NeedsLock("note.created", "POST", twin);
        }

        return note;
    }

    private (int Status, Note? Answer) Replace_NeedsLock(string user, Guid id, JsonElement body)
    {
        if (!_notes.TryGetValue(id, out var note) || note.Owner != user)
        {
            return (404, null);
        }

        var next = note with { Body = body.GetProperty("body").GetString()!, Version = note.Version + 1 };
        if (body.GetProperty("version").GetInt64() != note.Version)
        {
            return (409, null);
        }

        if (Spend(Misdeed.LoseWrite, "PUT"))
        {
            return (200, next);
        }

        _notes[id] = Spend(Misdeed.KeepOldContent, "PUT") ? next with { Body = note.Body } : next;
        Publish_NeedsLock("note.replaced", "PUT", next);
        if (Spend(Misdeed.ReplaceTwice, "PUT"))
        {
            _notes[id] = next with { Version = next.Version + 1 };
        }

        return (200, next);
    }

    private int Delete_NeedsLock(string user, Guid id)
    {
        if (_tombstones.Contains(id))
        {
            return 204;
        }

        if (!_notes.TryGetValue(id, out var note) || note.Owner != user)
        {
            return 404;
        }

        Publish_NeedsLock("note.deleted", "DELETE", note with { Version = note.Version + 1 });
        if (!Spend(Misdeed.KeepDeleted, "DELETE"))
        {
            _notes.Remove(id);
            _tombstones.Add(id);
        }

        return 204;
    }

    private void Publish_NeedsLock(string type, string method, Note note)
    {
        if (Spend(Misdeed.LoseEvent, method))
        {
            return;
        }

        for (int i = Spend(Misdeed.RepeatEvent, method) ? 2 : 1; i > 0; i--)
        {
            _notifications.Add(new Notification(_notifications.Count + 1, note.Owner, type, note.Id, note.Version, TimeProvider.System.GetUtcNow()));
        }
    }

    private async Task ReadAsync(HttpContext context, string user, Guid id)
    {
        await Task.Delay(ReadDelay, context.RequestAborted);
        Note? note;
        lock (_gate)
        {
            note = _notes.GetValueOrDefault(id);
        }

        if (note is null || note.Owner != user)
        {
            context.Response.StatusCode = 404;
            return;
        }

        if (ServeOldVersions && note.Version > 1)
        {
            note = note with { Version = note.Version - 1, Body = "what it was before" };
            context.Response.Headers["Cache-Status"] = DeclareStale ? "back2code; hit; ttl=-7" : "back2code; hit; ttl=12";
        }

        await WriteJsonAsync(context, View(note));
    }

    private async Task ListNotesAsync(HttpContext context, string user)
    {
        int limit = int.Parse(context.Request.Query["limit"]!);
        string? cursor = context.Request.Query["cursor"];
        Note[] page;
        lock (_gate)
        {
            page = [.. _notes.Values.Where(n => n.Owner == user && !n.Hidden)
                .OrderByDescending(n => n.Id.ToString(), StringComparer.Ordinal)
                .Where(n => string.IsNullOrEmpty(cursor) || string.CompareOrdinal(n.Id.ToString(), cursor) < 0)
                .Take(limit)];
        }

        await WriteJsonAsync(context, new { items = page.Select(View), next = page.Length == limit ? page[^1].Id.ToString() : null });
    }

    private async Task ListNotificationsAsync(HttpContext context, string user)
    {
        int limit = int.Parse(context.Request.Query["limit"]!);
        Interlocked.Increment(ref _inboxReads);
        long before = long.TryParse(context.Request.Query["cursor"], out long cursor) ? cursor : long.MaxValue;
        Notification[] page;
        lock (_gate)
        {
            page = HoldEvents ? [] : [.. _notifications.Where(n => n.Owner == user && n.Id < before).OrderByDescending(n => n.Id).Take(limit)];
        }

        await WriteJsonAsync(context, new
        {
            items = page.Select(n => new { id = n.Id, type = n.Type, noteId = n.NoteId, version = n.Version, createdAt = n.CreatedAt, readAt = (DateTimeOffset?)null }),
            next = page.Length == limit ? page[^1].Id.ToString() : null,
        });
    }

    private bool Spend(Misdeed misdeed, string method)
    {
        while (_due.TryGetValue((misdeed, method), out int due) && due > 0)
        {
            if (_due.TryUpdate((misdeed, method), due - 1, due))
            {
                return true;
            }
        }

        return false;
    }

    private static object View(Note note) => new { id = note.Id, title = note.Title, body = note.Body, version = note.Version, createdAt = note.CreatedAt, updatedAt = note.CreatedAt };

    private static Task WriteJsonAsync(HttpContext context, object document)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(document, JsonSerializerOptions.Web);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        return context.Response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }
}
