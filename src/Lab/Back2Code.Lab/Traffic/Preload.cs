using System.Net;
using Back2Code.Lab.Traffic.Ledger;

namespace Back2Code.Lab.Traffic;

/// <summary>
/// Makes the notes that the first requests read, and thereby opens connections and compiles the code path before anything is measured.
/// Unlike traffic it insists: each creation is repeated with its idempotency key until it is acknowledged. These notes are in the ledger like any other.
/// </summary>
internal sealed class Preload(TrafficOptions options, GatewayClient gateway, NoteBook notes, WriteLog log, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <returns>The number of notes made.</returns>
    /// <exception cref="TrafficException">The platform refuses them, or has not accepted them by the deadline.</exception>
    public async Task<int> RunAsync(TrafficUser[] users, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.PreloadDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        string last = "none";
        try
        {
            int count = users.Length * options.NotesPerUser;
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(4, options.MaxInFlight), CancellationToken = either.Token };
            await Parallel.ForAsync(0, count, parallel, async (i, token) =>
            {
                int user = i % users.Length;
                var note = await CreateAsync(user, users[user], answer => last = answer, token);
                notes.Add(note, draw: 0);
                await gateway.SendAsync(new Call(HttpMethod.Get, $"/v1/notes/{note.Id}", users[user].Token), token);
            });
            return count;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new TrafficException($"{options.Target} did not accept the first notes within {options.PreloadDeadline.TotalSeconds:0.#} s; the last answer was: {last}. Is the platform up?");
        }
    }

    private async Task<TrackedNote> CreateAsync(int index, TrafficUser user, Action<string> answered, CancellationToken cancellationToken)
    {
        var write = await log.TryCreateAsync(user.Name, time.GetUtcNow());
        while (true)
        {
            var answer = await gateway.SendAsync(Journeys.Create(user, write, traceParent: null), cancellationToken);
            answered(answer.Outcome);
            if (answer.Status == HttpStatusCode.Created && answer.Read(WireJson.Default.NoteView) is { } view && view.Id != Guid.Empty)
            {
                await log.AcknowledgedAsync(write, view.Id, view.Version, answer.Outcome);
                return new TrackedNote(view.Id, index, write.Key!, view.Version);
            }

            if (answer.Rejected && answer.Status != HttpStatusCode.TooManyRequests)
            {
                await log.NotAcknowledgedAsync(write, answer);
                throw new TrafficException($"{options.Target} answered {answer.Outcome} when user {user.Name} created a note. {Advice(answer.Status)}");
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private static string Advice(HttpStatusCode? status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => "Is the token of this platform, and not expired?",
        HttpStatusCode.NotFound => "Is this the gateway's address?",
        _ => "This request should have been accepted.",
    };
}
