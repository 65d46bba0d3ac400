using System.Net;
using System.Text.Json;
using Back2Code.Identity.Audit;
using Back2Code.Identity.Erasing;
using Back2Code.IntegrationTests.Identity;
using Back2Code.IntegrationTests.Identity.Accounts;
using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Notifications;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using System.Net.Http.Json;

namespace Back2Code.IntegrationTests.Privacy;

[Collection(SharedPrivacy.Name)]
public sealed class ErasureTests(PrivacyFixture fixture)
{
    private readonly PrivacyPlatform _platform = fixture.Platform;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_goes_in_every_service_and_the_record_says_what_and_when()
    {
        using var person = await Person.SignedInAsync(_platform.Identity);
        await person.TurnOnSecondFactorAsync();
        var client = await _platform.Identity.CreateWebClientAsync();
        using var authorized = await person.Browser.GetAsync(Browser.AuthorizeUri(client));
        var user = person.User.Id;
        using var writer = _platform.Notes.AsUser(user.ToString());
        var note = await writer.CreateNoteAsync("a title", "a text");
        var deleted = await writer.CreateNoteAsync("gone already");
        using var removed = await writer.DeleteNoteAsync(deleted.Id);
        using var keyed = await writer.PostNoteAsync("with a key", key: "my-key");
        using var cached = await writer.ReadNoteAsync(note.Id);
        await _platform.ToldAsync(user, 4);

        var asked = await _platform.EraseAsync(user);
        var erased = await _platform.ErasedAsync(user);

        Assert.Equal((user, asked.Id, "lab"), (erased.UserId, erased.Id, erased.RequestedBy));
        Assert.Equal(["identity", "notes", "notifications"], erased.Services.Select(static service => service.Service));
        Assert.All(erased.Services, service => Assert.InRange(service.CompletedAt!.Value, erased.RequestedAt.AddSeconds(-1), erased.CompletedAt!.Value.AddSeconds(1)));
        Assert.Equal((1, 1, 1), (erased.Services[0].Counts!["sessions"], erased.Services[0].Counts!["emailAddresses"], erased.Services[0].Counts!["secondFactors"]));
        Assert.Equal((3, 1, 4), (erased.Services[1].Counts!["notes"], erased.Services[1].Counts!["idempotencyKeys"], erased.Services[2].Counts!["notifications"]));
        using var gone = await writer.ReadNoteAsync(note.Id);
        using var account = await person.Browser.GetAsync("/account");
        using var inbox = _platform.Notifications.AsUser(user.ToString());
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.StartsWith("/sign-in", Browser.Location(account), StringComparison.Ordinal);
        Assert.Empty((await inbox.InboxAsync()).Items);
        Assert.Equal(0, await PrivacyPlatform.ReadAsync<long>(_platform.Notes, $"SELECT (SELECT count(*) FROM notes WHERE owner_id = '{user}') + (SELECT count(*) FROM idempotency_keys WHERE owner_id = '{user}')"));
        Assert.Equal("0 0 0 0 0 0 0", await PrivacyPlatform.ReadAsync<string>(_platform.Identity, $"""
            SELECT concat_ws(' ', (SELECT count(*) FROM sessions WHERE user_id = u.id), (SELECT count(*) FROM grants WHERE user_id = u.id), (SELECT count(*) FROM consents WHERE user_id = u.id),
              (SELECT count(*) FROM email_addresses WHERE user_id = u.id), (SELECT count(*) FROM second_factors WHERE user_id = u.id), (SELECT count(*) FROM recovery_codes WHERE user_id = u.id),
              (SELECT count(*) FROM account_tokens WHERE user_id = u.id)) FROM users u WHERE id = '{user}' AND password_hash IS NULL AND name LIKE 'erased-%'
            """));
    }

    [Fact]
    public async Task The_trail_says_who_asked_and_holds_no_name()
    {
        using var person = await Person.SignedInAsync(_platform.Identity);

        await _platform.EraseAsync(person.User.Id);
        await _platform.ErasedAsync(person.User.Id);

        using var admin = await _platform.Identity.AsAdminAsync();
        string trail = await admin.GetStringAsync($"/v1/audit?target={person.User.Id}", Cancellation);
        var records = JsonSerializer.Deserialize<AuditPage>(trail, JsonSerializerOptions.Web)!.Items;
        Assert.Equal(["identity.erasure-completed", "identity.erasure-requested"], records.Take(2).Select(static record => record.Action));
        Assert.Equal("lab", records[1].Actor.Subject);
        Assert.DoesNotContain(person.User.Name, trail, StringComparison.Ordinal);
        Assert.DoesNotContain(person.Email, trail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_mail_and_links_go_as_well_and_name_and_address_are_free_again()
    {
        using var person = await Person.CreateAsync(_platform.Identity);
        string link = await person.ForgetAsync();

        await _platform.EraseAsync(person.User.Id);

        using var followed = await person.Browser.GetAsync(link);
        using var admin = await _platform.Identity.AsAdminAsync();
        using var again = await admin.PostAsJsonAsync("/v1/users", new { name = person.User.Name, role = "viewer", email = person.Email }, Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, followed.StatusCode);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
    }

    [Fact]
    public async Task What_comes_late_brings_nothing_back()
    {
        var user = (await _platform.Identity.CreateUserAsync()).Id;
        var other = Guid.NewGuid();
        await using var publisher = await EventPublisher.ConnectAsync(fixture.RabbitMq);
        await _platform.EraseAsync(user);
        await _platform.ErasedAsync(user);
        using var writer = _platform.Notes.AsUser(user.ToString());

        using var written = await writer.PostNoteAsync("with a token that still lives", key: "late");
        await publisher.PublishNoteEventAsync($"{Guid.NewGuid()}", "note.created", Guid.NewGuid(), user.ToString(), 1);
        await publisher.PublishNoteEventAsync($"{Guid.NewGuid()}", "note.created", Guid.NewGuid(), other.ToString(), 1);
        await _platform.ToldAsync(other, 1);

        await written.IsProblemAsync(HttpStatusCode.Forbidden, "owner-erased");
        await Eventually.IsTrueAsync(
            async () => await PrivacyPlatform.ReadAsync<long>(_platform.Notifications, "SELECT count(*) FROM inbox WHERE consumer = 'notifications.notes'") >= 2,
            TimeSpan.FromSeconds(20), "both events were handled");
        Assert.Equal(0, await PrivacyPlatform.ReadAsync<long>(_platform.Notifications, $"SELECT count(*) FROM notifications WHERE user_id = '{user}'"));
        Assert.Equal(0, await PrivacyPlatform.ReadAsync<long>(_platform.Notes, $"SELECT count(*) FROM notes WHERE owner_id = '{user}'"));
    }

    [Fact]
    public async Task Who_writes_meanwhile_leaves_nothing_behind_and_many_notes_go_in_pages()
    {
        var user = (await _platform.Identity.CreateUserAsync()).Id;
        using var writer = _platform.Notes.AsUser(user.ToString());
        await PrivacyPlatform.ReadAsync<long>(_platform.Notes, $"""
            WITH made AS (INSERT INTO notes (id, owner_id, title, body, version, created_at, updated_at)
              SELECT gen_random_uuid(), '{user}', 'many', '', 1, now(), now() FROM generate_series(1, 2500) RETURNING 1)
            SELECT count(*) FROM made
            """);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => WriteUntilRefusedAsync(writer)));

        await _platform.EraseAsync(user);
        var erased = await _platform.ErasedAsync(user);
        await writing;

        Assert.InRange(erased.Services[1].Counts!["notes"], 2_500, long.MaxValue);
        Assert.Equal(0, await PrivacyPlatform.ReadAsync<long>(_platform.Notes, $"SELECT count(*) FROM notes WHERE owner_id = '{user}'"));
    }

    [Fact]
    public async Task To_ask_again_changes_nothing_and_the_erased_stay_so()
    {
        var user = await _platform.Identity.CreateUserAsync();
        var first = await _platform.EraseAsync(user.Id);
        var completed = await _platform.ErasedAsync(user.Id);

        var again = await _platform.EraseAsync(user.Id);
        using var admin = await _platform.Identity.AsAdminAsync();
        using var enabled = await admin.PostAsync($"/v1/users/{user.Id}/enable", null, Cancellation);
        using var promoted = await admin.PutAsJsonAsync($"/v1/users/{user.Id}/role", new { role = "admin" }, Cancellation);
        using var nobody = await admin.PostAsync($"/v1/users/{Guid.NewGuid()}/erasure", null, Cancellation);
        using var notAsked = await admin.GetAsync($"/v1/users/{(await _platform.Identity.CreateUserAsync()).Id}/erasure", Cancellation);
        using var impostor = await admin.PostAsJsonAsync("/v1/users", new { name = $"erased-{Guid.NewGuid():N}", role = "viewer" }, Cancellation);

        Assert.Equal((first.Id, completed.CompletedAt), (again.Id, again.CompletedAt));
        await enabled.IsProblemAsync(HttpStatusCode.NotFound, "user-not-found");
        await promoted.IsProblemAsync(HttpStatusCode.NotFound, "user-not-found");
        await nobody.IsProblemAsync(HttpStatusCode.NotFound, "user-not-found");
        await notAsked.IsProblemAsync(HttpStatusCode.NotFound, "erasure-not-found");
        await impostor.IsProblemAsync(HttpStatusCode.BadRequest, "validation-failed");
    }

    [Fact]
    public async Task Whoever_is_signed_in_erases_themselves_with_name_and_password()
    {
        using var person = await Person.SignedInAsync(_platform.Identity);
        using var page = await person.Browser.GetAsync("/account/erasure");

        using var unsure = await person.Browser.SubmitAsync(page, ("name", "somebody"), ("current", TestUser.Password));
        using var stranger = await person.Browser.SubmitAsync(page, ("name", person.User.Name), ("current", "not the password"));
        using var done = await person.Browser.SubmitAsync(page, ("name", person.User.Name), ("current", TestUser.Password));
        var erased = await _platform.ErasedAsync(person.User.Id);
        using var signIn = await person.Browser.SignInAsync(person.User.Name);

        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized, HttpStatusCode.OK], [unsure.StatusCode, stranger.StatusCode, done.StatusCode]);
        Assert.Contains(erased.Id.ToString(), await done.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal((person.User.Id.ToString(), ErasureView.Completed), (erased.RequestedBy, erased.State));
        Assert.Equal(HttpStatusCode.Unauthorized, signIn.StatusCode);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_true_is_a_dead_letter()
    {
        var user = (await _platform.Identity.CreateUserAsync()).Id;
        var erasure = await _platform.EraseAsync(user);
        await _platform.ErasedAsync(user);
        await using var publisher = await EventPublisher.ConnectAsync(fixture.RabbitMq);

        await publisher.PublishAsync("user.erased", JsonSerializer.Serialize(new
        {
            specversion = "1.0", id = $"{Guid.NewGuid()}", source = "/services/notes", type = "user.erased", subject = erasure.Id, time = "2026-11-20T12:00:00Z",
            data = new { erasureId = erasure.Id, service = "notifications", counts = new { } },
        }));

        (string Body, string? Reason)? dead = null;
        await Eventually.IsTrueAsync(async () => (dead = await publisher.TakeAsync("identity.erasures.dead")) is not null, TimeSpan.FromSeconds(20), "it is among the dead letters");
        Assert.Contains("comes from another service than it names", dead!.Value.Reason, StringComparison.Ordinal);
    }

    private static async Task WriteUntilRefusedAsync(HttpClient writer)
    {
        HttpStatusCode status;
        do
        {
            using var answer = await writer.PostNoteAsync("meanwhile");
            status = answer.StatusCode;
        }
        while (status != HttpStatusCode.Forbidden);
    }
}
