using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Back2Code.Authentication;
using Back2Code.IntegrationTests.Identity;
using Back2Code.IntegrationTests.Identity.Accounts;
using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Privacy;

[Collection(SharedPrivacy.Name)]
public sealed class ExportTests(PrivacyFixture fixture)
{
    private readonly PrivacyPlatform _platform = fixture.Platform;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Identity_gives_out_all_that_it_holds_and_no_secret()
    {
        using var person = await Person.SignedInAsync(_platform.Identity);
        var (_, codes) = await person.TurnOnSecondFactorAsync();
        var client = await _platform.Identity.CreateWebClientAsync();
        using var admin = await _platform.Identity.AsAdminAsync();

        using var response = await admin.GetAsync($"/v1/users/{person.User.Id}/export", Cancellation);
        string text = await response.Content.ReadAsStringAsync(Cancellation);

        var export = JsonElement.Parse(text);
        Assert.Equal(person.User.Name, export.GetProperty("user").Text("name"));
        Assert.Equal(person.Email, export.GetProperty("email").Text("address"));
        Assert.Equal(10, export.GetProperty("secondFactor").GetProperty("recoveryCodesLeft").GetInt64());
        Assert.Single(export.GetProperty("sessions").EnumerateArray());
        Assert.Equal(
            ["identity.user-created", "identity.sign-in", "identity.second-factor-enabled", "identity.user-exported"],
            export.GetProperty("auditRecords").EnumerateArray().Select(static record => record.Text("action")).Where(static action => action != "identity.password-reset-requested"));
        Assert.Equal($"/v1/notes/export/{person.User.Id}", export.GetProperty("elsewhere").Text("notes"));
        Assert.Equal(2, response.Headers.GetValues("Link").Count());
        Assert.DoesNotContain("AQAAAA", text, StringComparison.Ordinal);
        Assert.All(codes, code => Assert.DoesNotContain(code, text, StringComparison.Ordinal));
        using var nobody = await admin.GetAsync($"/v1/users/{Guid.NewGuid()}/export", Cancellation);
        await nobody.IsProblemAsync(HttpStatusCode.NotFound, "user-not-found");
    }

    [Fact]
    public async Task Whoever_is_signed_in_gets_their_own_with_the_password()
    {
        using var person = await Person.SignedInAsync(_platform.Identity);
        using var page = await person.Browser.GetAsync("/account/export");

        using var stranger = await person.Browser.SubmitAsync(page, ("current", "not the password"));
        using var file = await person.Browser.SubmitAsync(page, ("current", TestUser.Password));

        var export = JsonElement.Parse(await file.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.OK], [stranger.StatusCode, file.StatusCode]);
        Assert.Equal("attachment", file.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Equal(person.Email, export.GetProperty("email").Text("address"));
        Assert.Equal("/v1/notifications/export", export.GetProperty("elsewhere").Text("notifications"));
    }

    [Fact]
    public async Task Every_note_is_in_the_export_whatever_their_number_and_nobody_elses()
    {
        var user = Guid.NewGuid();
        using var writer = _platform.Notes.AsUser(user.ToString());
        using var other = _platform.Notes.AsUser(Guid.NewGuid().ToString());
        await other.CreateNoteAsync("not theirs");
        await writer.CreateNoteAsync("the newest", "text");
        var deleted = await writer.CreateNoteAsync("gone");
        using var removed = await writer.DeleteNoteAsync(deleted.Id);
        using var keyed = await writer.PostNoteAsync("with a key", key: "my-key");
        await PrivacyPlatform.ReadAsync<long>(_platform.Notes, $"""
            WITH made AS (INSERT INTO notes (id, owner_id, title, body, version, created_at, updated_at)
              SELECT gen_random_uuid(), '{user}', 'many', repeat('x', 20000), 1, now(), now() FROM generate_series(1, 450) RETURNING 1)
            SELECT count(*) FROM made
            """);
        using var admin = _platform.Notes.AsUser("boss", Roles.Admin);
        using var viewer = _platform.Notes.AsUser("viewer", Roles.Viewer);

        var own = JsonElement.Parse(await writer.GetStringAsync("/v1/notes/export", Cancellation));
        var asked = JsonElement.Parse(await admin.GetStringAsync($"/v1/notes/export/{user}", Cancellation));
        using var refused = await viewer.GetAsync($"/v1/notes/export/{user}", Cancellation);

        Assert.All([own, asked], export =>
        {
            Assert.Equal(452, export.GetProperty("notes").EnumerateArray().Select(static note => note.Text("id")).Distinct().Count());
            Assert.DoesNotContain(export.GetProperty("notes").EnumerateArray(), static note => note.Text("title") == "not theirs");
            Assert.Equal(deleted.Id, Assert.Single(export.GetProperty("deletedNotes").EnumerateArray()).GetProperty("id").GetGuid());
            Assert.Equal("my-key", Assert.Single(export.GetProperty("idempotencyKeys").EnumerateArray()).Text("key"));
        });
        await refused.IsProblemAsync(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task The_command_gathers_every_service_in_one_file_of_its_owner()
    {
        using var person = await Person.SignedInAsync(_platform.Identity);
        using var writer = _platform.Notes.AsUser(person.User.Id.ToString());
        await writer.CreateNoteAsync("a title", "a text");
        await _platform.ToldAsync(person.User.Id, 1);
        await using var gateway = await GatewayAsync();
        string file = Path.Combine(Directory.CreateTempSubdirectory("b2c-export-").FullName, "export.json");

        var written = await RunAsync(gateway, "", "user", "export", person.User.Name, "--out", file);
        var printed = await RunAsync(gateway, "", "user", "export", person.User.Name);
        var nobody = await RunAsync(gateway, "", "user", "export", "nobody-of-this-name");

        Assert.True(written.Code == 0, written.Error);
        Assert.Equal(1, nobody.Code);
        string text = await File.ReadAllTextAsync(file, Cancellation);
        Assert.All([text, printed.Output], document =>
        {
            var export = JsonElement.Parse(document);
            Assert.Equal(person.Email, export.GetProperty("identity").GetProperty("email").Text("address"));
            Assert.Equal("a text", Assert.Single(export.GetProperty("notes").GetProperty("notes").EnumerateArray()).Text("body"));
            Assert.Single(export.GetProperty("notifications").GetProperty("notifications").EnumerateArray());
        });
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public async Task The_command_erases_when_the_name_is_typed_and_says_what_each_service_did()
    {
        using var person = await Person.SignedInAsync(_platform.Identity);
        using var writer = _platform.Notes.AsUser(person.User.Id.ToString());
        await writer.CreateNoteAsync("a title");
        await using var gateway = await GatewayAsync();

        var unsure = await RunAsync(gateway, "somebody\n", "user", "erase", person.User.Name);
        var erased = await RunAsync(gateway, person.User.Name + "\n", "user", "erase", person.User.Name);
        var again = await RunAsync(gateway, "", "user", "erase", $"erased-{person.User.Id:N}", "--yes", "--json");

        Assert.Equal([1, 0, 0], new[] { unsure, erased, again }.Select(static run => run.Code));
        Assert.Contains("Nothing was erased", unsure.Error, StringComparison.Ordinal);
        Assert.Contains($"{person.User.Name} is erased.", erased.Output, StringComparison.Ordinal);
        Assert.Matches("(?m)^notes +erased: notes 1", erased.Output);
        Assert.Equal("completed", JsonElement.Parse(again.Output).Text("state"));
    }

    private Task<TestGateway> GatewayAsync() =>
        TestGateway.StartAsync(_platform.Identity, ("/v1/notes", _platform.Notes), ("/v1/notifications", _platform.Notifications));

    private async Task<(int Code, string Output, string Error)> RunAsync(TestGateway gateway, string input, params string[] arguments)
    {
        using var response = await _platform.Identity.TokenAsync(TestClient.Lab, "client_credentials");
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "back2code.dll"), .. arguments, "--url", gateway.Address])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["BACK2CODE_TOKEN"] = (await response.JsonAsync()).Text("access_token");
        using Process process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(Cancellation);
        Task<string> error = process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        return (process.ExitCode, await output, await error);
    }
}
