using System.Diagnostics;
using System.Text.Json;

namespace Back2Code.IntegrationTests.Identity.Accounts;

/// <summary>The command line as an operator and a script use it, against a real identity service.</summary>
[Collection(SharedIdentity.Name)]
public sealed class UserCommandTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;
    private readonly string _name = $"c-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_user_is_made_with_a_password_from_standard_input_gets_a_role_and_is_disabled()
    {
        var created = await RunAsync($"{TestUser.Password}\n", "user", "create", _name, "--role", "analyst");
        using Browser browser = new(_identity);
        using var signedIn = await browser.SignInAsync(_name);
        var promoted = await RunAsync("", "user", "role", _name, "operator", "--json");
        var disabled = await RunAsync("", "user", "disable", _name);
        using var refused = await browser.SignInAsync(_name);
        var enabled = await RunAsync("", "user", "enable", _name);
        var listed = await RunAsync("", "user", "list", "--json");

        Assert.All([created, promoted, disabled, enabled, listed], static run => Assert.True(run.Code == 0, run.Error));
        Assert.Contains($"{_name} was created, analyst.", created.Output, StringComparison.Ordinal);
        Assert.Equal("/account", Browser.Location(signedIn));
        Assert.Equal("operator", JsonElement.Parse(promoted.Output).Text("role"));
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
        var user = Assert.Single(JsonElement.Parse(listed.Output).EnumerateArray(), one => one.Text("name") == _name);
        Assert.Equal(("operator", JsonValueKind.Null), (user.Text("role"), user.GetProperty("disabledAt").ValueKind));
    }

    [Fact]
    public async Task A_user_is_invited_by_mail()
    {
        string email = Person.NewEmail();

        var created = await RunAsync("", "user", "create", _name, "--email", email, "--no-password", "--json");

        Assert.True(created.Code == 0, created.Error);
        Assert.False(JsonElement.Parse(created.Output).GetProperty("hasPassword").GetBoolean());
        Assert.Contains(_name, (await _identity.MailToAsync(email)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_is_made_its_secret_is_printed_once_and_another_ends_it()
    {
        var created = await RunAsync("", "client", "create", "Report", "--grant", "credentials", "--scope", "*:read", "--json");
        var client = JsonElement.Parse(created.Output);
        TestClient first = new(client.Text("id"), client.Text("secret"));
        using var before = await _identity.TokenAsync(first, "client_credentials");
        var rotated = await RunAsync("", "client", "rotate", first.Id);
        var listed = await RunAsync("", "client", "list", "--json");
        string secret = rotated.Output.Split("secret")[1].Trim();
        using var old = await _identity.TokenAsync(first, "client_credentials");
        using var now = await _identity.TokenAsync(first with { Secret = secret }, "client_credentials");

        Assert.Equal([200, 401, 200], [(int)before.StatusCode, (int)old.StatusCode, (int)now.StatusCode]);
        Assert.Contains(JsonElement.Parse(listed.Output).EnumerateArray(), one => one.Text("id") == first.Id);
        Assert.DoesNotContain(secret, listed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_are_for_people()
    {
        var user = await _identity.CreateUserAsync();

        var users = await RunAsync("", "user", "list");
        var clients = await RunAsync("", "client", "list");

        Assert.Contains(user.Name, users.Output, StringComparison.Ordinal);
        Assert.Contains("second factor", users.Output, StringComparison.Ordinal);
        Assert.Contains(IdentityApplication.LabClient, clients.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_say_what_to_do()
    {
        var user = await _identity.CreateUserAsync();

        var taken = await RunAsync(TestUser.Password, "user", "create", user.Name);
        var shortPassword = await RunAsync("short", "user", "create", _name);
        var noPassword = await RunAsync("", "user", "create", _name);
        var nobody = await RunAsync("", "user", "disable", _name);
        var role = await RunAsync("", "user", "role", user.Name, "root");
        var argument = await RunAsync("", "user", "create", _name, "--password", TestUser.Password);
        var noClient = await RunAsync("", "client", "rotate", "nobody");
        var redirect = await RunAsync("", "client", "create", "X", "--grant", "code", "--scope", "openid", "--redirect-uri", "http://example.test/");

        Assert.Equal([1, 1, 1, 1, 2, 2, 1, 1], new[] { taken, shortPassword, noPassword, nobody, role, argument, noClient, redirect }.Select(static run => run.Code));
        Assert.Contains("Another user has this name", taken.Error, StringComparison.Ordinal);
        Assert.Contains("Password", shortPassword.Error, StringComparison.Ordinal);
        Assert.Contains("holds no password", noPassword.Error, StringComparison.Ordinal);
        Assert.Contains("back2code user list", nobody.Error, StringComparison.Ordinal);
        Assert.Contains("no such client", noClient.Error, StringComparison.Ordinal);
        Assert.Contains("https anywhere", redirect.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("user", "create", "list", "role", "disable", "export", "erase", "reencrypt")]
    [InlineData("client", "create", "list", "rotate")]
    public async Task Each_command_shows_examples(params string[] words)
    {
        foreach (string[] command in words[1..].Select(verb => new[] { words[0], verb }).Prepend([words[0]]))
        {
            var help = await RunAsync("", [.. command, "--help"]);
            Assert.Contains($"back2code {string.Join(' ', command)}", help.Output.Split("Examples:")[1], StringComparison.Ordinal);
        }
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string input, params string[] arguments)
    {
        using var response = await _identity.TokenAsync(TestClient.Lab, "client_credentials");
        bool asksService = !arguments.Contains("--help");
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "back2code.dll"), .. arguments, .. asksService ? new[] { "--url", _identity.Address } : []])
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
