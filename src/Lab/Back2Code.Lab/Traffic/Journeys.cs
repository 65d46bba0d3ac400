using System.Net;
using System.Text.Json;
using Back2Code.Lab.Traffic.Ledger;

namespace Back2Code.Lab.Traffic;

/// <summary>Sends the one request of an arrival, judges its answer, and records what was written.</summary>
internal sealed class Journeys(RunClock clock, GatewayClient gateway, NoteBook notes, WriteLog log, TrafficUser[] users)
{
    public Task<Outcome> PerformAsync(Arrival arrival, CancellationToken cancellationToken) => arrival.Journey switch
    {
        Journey.Reads => notes.Pick(arrival.User, arrival.Draw) is TrackedNote note ? ReadAsync(arrival, note, cancellationToken) : ListAsync(arrival, cancellationToken),
        Journey.Lists => ListAsync(arrival, cancellationToken),
        // Every note of the user is being written, or none is left: create one, so that the share of writes stays what was asked for.
        Journey.Replaces => notes.Claim(arrival.User, arrival.Draw) is TrackedNote note ? ReplaceClaimedAsync(arrival, note, cancellationToken) : CreateAsync(arrival, cancellationToken),
        Journey.Deletes => notes.Claim(arrival.User, arrival.Draw) is TrackedNote note ? DeleteClaimedAsync(arrival, note, cancellationToken) : CreateAsync(arrival, cancellationToken),
        _ => CreateAsync(arrival, cancellationToken),
    };

    private async Task<Outcome> ReadAsync(Arrival arrival, TrackedNote note, CancellationToken cancellationToken)
    {
        long promised = note.Version;
        long sentNs = clock.NowNs;
        var answer = await gateway.SendAsync(Get(arrival, $"/v1/notes/{note.Id}"), cancellationToken);
        long endedNs = clock.NowNs;

        if (answer.Status == HttpStatusCode.NotFound && note.DeleteTried)
        {
            return new Outcome(arrival.IntendedNs, Journey.Reads, answer.Outcome, Ok: true, sentNs, endedNs);
        }

        if (answer.Status != HttpStatusCode.OK)
        {
            return new Outcome(arrival.IntendedNs, Journey.Reads, answer.Outcome, Ok: false, sentNs, endedNs);
        }

        var view = answer.Read(WireJson.Default.NoteView);
        if (view?.Id != note.Id)
        {
            return new Outcome(arrival.IntendedNs, Journey.Reads, OutcomeNames.Invalid, Ok: false, sentNs, endedNs);
        }

        // Serving stale is a promise kept during an outage of the database, so it does not fail the request, but it has to be said (RFC 9211: negative ttl).
        var stale = view.Version >= promised ? StaleRead.No
            : answer.CacheStatus?.Contains("ttl=-", StringComparison.Ordinal) == true ? StaleRead.Declared
            : StaleRead.Undeclared;
        return new Outcome(arrival.IntendedNs, Journey.Reads, answer.Outcome, Ok: true, sentNs, endedNs, stale);
    }

    private async Task<Outcome> ListAsync(Arrival arrival, CancellationToken cancellationToken)
    {
        long sentNs = clock.NowNs;
        var answer = await gateway.SendAsync(Get(arrival, "/v1/notes?limit=20"), cancellationToken);
        long endedNs = clock.NowNs;
        bool ok = answer.Status == HttpStatusCode.OK && answer.Read(WireJson.Default.NotePage)?.Items is not null;
        return new Outcome(arrival.IntendedNs, Journey.Lists, StatusOf(answer, HttpStatusCode.OK, ok), ok, sentNs, endedNs);
    }

    private async Task<Outcome> CreateAsync(Arrival arrival, CancellationToken cancellationToken)
    {
        var write = await log.TryCreateAsync(users[arrival.User].Name, clock.At(arrival.IntendedNs));
        long sentNs = clock.NowNs;
        var answer = await gateway.SendAsync(Create(users[arrival.User], write, TraceParent(arrival)), cancellationToken);
        long endedNs = clock.NowNs;

        var view = answer.Status == HttpStatusCode.Created ? answer.Read(WireJson.Default.NoteView) : null;
        bool acknowledged = view is not null && view.Id != Guid.Empty;
        if (acknowledged)
        {
            await log.AcknowledgedAsync(write, view!.Id, view.Version, answer.Outcome);
            notes.Add(new TrackedNote(view.Id, arrival.User, write.Key!, view.Version), arrival.Draw);
        }
        else
        {
            await log.NotAcknowledgedAsync(write, answer);
        }

        return new Outcome(arrival.IntendedNs, Journey.Creates, StatusOf(answer, HttpStatusCode.Created, acknowledged), acknowledged, sentNs, endedNs);
    }

    private async Task<Outcome> ReplaceClaimedAsync(Arrival arrival, TrackedNote note, CancellationToken cancellationToken)
    {
        try
        {
            return note.MustReread ? await RereadClaimedAsync(arrival, note, cancellationToken) : await ReplaceAsync(arrival, note, cancellationToken);
        }
        finally
        {
            note.Release();
        }
    }

    private async Task<Outcome> RereadClaimedAsync(Arrival arrival, TrackedNote note, CancellationToken cancellationToken)
    {
        long sentNs = clock.NowNs;
        var answer = await gateway.SendAsync(Get(arrival, $"/v1/notes/{note.Id}"), cancellationToken);
        long endedNs = clock.NowNs;

        // A cache may still show a version older than one we know of; believing it would only earn a conflict.
        var view = answer.Status == HttpStatusCode.OK ? answer.Read(WireJson.Default.NoteView) : null;
        if (view?.Id == note.Id && view.Version >= note.Version)
        {
            note.Version = view.Version;
            note.MustReread = false;
        }

        bool ok = view?.Id == note.Id;
        return new Outcome(arrival.IntendedNs, Journey.Reads, StatusOf(answer, HttpStatusCode.OK, ok), ok, sentNs, endedNs);
    }

    private async Task<Outcome> ReplaceAsync(Arrival arrival, TrackedNote note, CancellationToken cancellationToken)
    {
        long basis = note.Version;
        var write = await log.TryReplaceAsync(users[note.User].Name, note, clock.At(arrival.IntendedNs));
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new ReplaceNote(write.Title!, write.Body!, basis), WireJson.Default.ReplaceNote);
        long sentNs = clock.NowNs;
        var answer = await gateway.SendAsync(
            new Call(HttpMethod.Put, $"/v1/notes/{note.Id}", users[note.User].Token) { Json = json, TraceParent = TraceParent(arrival) }, cancellationToken);
        long endedNs = clock.NowNs;

        var view = answer.Status == HttpStatusCode.OK ? answer.Read(WireJson.Default.NoteView) : null;
        if (view?.Id == note.Id && view.Version == basis + 1)
        {
            await log.AcknowledgedAsync(write, note.Id, view.Version, answer.Outcome);
            note.Version = view.Version;
            note.ConflictPossible = false;
            return new Outcome(arrival.IntendedNs, Journey.Replaces, answer.Outcome, Ok: true, sentNs, endedNs);
        }

        await log.NotAcknowledgedAsync(write, answer);
        bool ok = answer.Status == HttpStatusCode.Conflict && note.ConflictPossible;
        note.MustReread = true;
        note.ConflictPossible |= !answer.Rejected;
        if (answer.Status == HttpStatusCode.NotFound)
        {
            // Gone without our doing: a failure now, a finding of the verification later, and of no more use here.
            notes.Remove(note);
        }

        return new Outcome(arrival.IntendedNs, Journey.Replaces, StatusOf(answer, HttpStatusCode.OK, right: false), ok, sentNs, endedNs);
    }

    private async Task<Outcome> DeleteClaimedAsync(Arrival arrival, TrackedNote note, CancellationToken cancellationToken)
    {
        // The claim is kept for ever: whatever the answer, nobody writes this note again.
        notes.Remove(note);
        note.DeleteTried = true;
        var write = await log.TryDeleteAsync(users[note.User].Name, note, clock.At(arrival.IntendedNs));
        long sentNs = clock.NowNs;
        var answer = await gateway.SendAsync(
            new Call(HttpMethod.Delete, $"/v1/notes/{note.Id}", users[note.User].Token) { TraceParent = TraceParent(arrival) }, cancellationToken);
        long endedNs = clock.NowNs;

        bool acknowledged = answer.Status == HttpStatusCode.NoContent;
        if (acknowledged)
        {
            await log.AcknowledgedAsync(write, note.Id, version: null, answer.Outcome);
        }
        else
        {
            await log.NotAcknowledgedAsync(write, answer);
        }

        return new Outcome(arrival.IntendedNs, Journey.Deletes, answer.Outcome, acknowledged, sentNs, endedNs);
    }

    internal static Call Create(TrafficUser user, PendingWrite write, string? traceParent) => new(HttpMethod.Post, "/v1/notes", user.Token)
    {
        Json = JsonSerializer.SerializeToUtf8Bytes(new CreateNote(write.Title!, write.Body!), WireJson.Default.CreateNote),
        IdempotencyKey = write.Key,
        TraceParent = traceParent,
    };

    private Call Get(Arrival arrival, string path) => new(HttpMethod.Get, path, users[arrival.User].Token) { TraceParent = TraceParent(arrival) };

    /// <summary>The run's id and the number of the arrival, so that a line of the ledger or a slow second can be found in the platform's traces.</summary>
    private string TraceParent(Arrival arrival) => $"00-{log.RunId[..16]}{arrival.Number + 1:x16}-{arrival.Number + 1:x16}-01";

    // The right status with a wrong body is not a success, and must not look like one.
    private static string StatusOf(Answer answer, HttpStatusCode expected, bool right) => answer.Status == expected && !right ? OutcomeNames.Invalid : answer.Outcome;
}

/// <summary>A user of the run, with the token that the next request carries.</summary>
internal sealed class TrafficUser(string name, string token)
{
    private volatile string _token = token;

    public string Name { get; } = name;

    public string Token
    {
        get => _token;
        set => _token = value;
    }
}
