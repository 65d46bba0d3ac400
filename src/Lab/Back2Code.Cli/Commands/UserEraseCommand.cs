using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Back2Code.Authentication;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>Erases all that is held about somebody, and waits until every service has said so.</summary>
internal static class UserEraseCommand
{
    // Not a failure: the request is safe in an outbox, and completes when what is away comes back.
    private const int NotCompleteYet = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    internal static Command Create()
    {
        var name = UserCommand.Name();
        var yes = new Option<bool>("--yes") { Description = "Do not ask for the name to be typed again." };
        var wait = new Option<int>("--wait") { Description = "Seconds to wait for the services, 0 to 3600.", HelpName = "SECONDS", DefaultValueFactory = _ => 60 };
        wait.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 3600)
            {
                result.AddError("--wait is 0 to 3600 seconds.");
            }
        });
        var json = LabOptions.Json();
        var command = new Command("erase", """
            Erase all that is held about a user, in every service, for good. Asks for the name to be typed again, or read from standard input.
            Waits until every service has answered; ends with 3 when that takes longer. The same command again asks those that have not.

            Examples:
              back2code user erase ada
              back2code user erase ada --yes --json | jq .services
              back2code user erase erased-0190163d8694739baea5966c26f8ad91 --yes --wait 600
            """)
        {
            name, yes, wait, json,
        };
        return new IdentityTarget(Roles.Admin).AddTo(command, async (parsed, identity, cancellationToken) =>
        {
            string user = parsed.GetRequiredValue(name);
            string id = await UserCommand.FindAsync(identity, user, cancellationToken);
            if (!parsed.GetValue(yes))
            {
                Confirm(user);
            }

            bool asJson = parsed.GetValue(json);
            JsonElement erasure = await identity.ChangeAsync(HttpMethod.Post, $"/v1/users/{id}/erasure", body: null, cancellationToken);
            erasure = await WaitAsync(identity, id, erasure, TimeSpan.FromSeconds(parsed.GetValue(wait)), asJson ? TextWriter.Null : Console.Out, cancellationToken);
            bool isComplete = IsComplete(erasure);
            Console.WriteLine(
                asJson ? erasure.GetRawText()
                : isComplete ? $"{user} is erased. The record: GET /v1/users/{id}/erasure"
                : $"Not complete yet: {string.Join(", ", Services(erasure).Where(static service => !HasAnswered(service)).Select(Name))} has not answered. It completes by itself; to look: back2code user erase erased-{id.Replace("-", "", StringComparison.Ordinal)} --yes");
            return isComplete ? 0 : NotCompleteYet;
        });
    }

    /// <exception cref="LabException">Something else was typed.</exception>
    private static void Confirm(string user)
    {
        Console.Error.Write($"This erases all that is held about {user}, in every service, for good. Type {user} to go on: ");
        if (NewPassword.ReadLine(Console.In)?.Trim() != user)
        {
            throw new LabException("Nothing was erased: another name was typed.");
        }
    }

    private static async Task<JsonElement> WaitAsync(
        IdentityConnection identity, string id, JsonElement erasure, TimeSpan patience, TextWriter output, CancellationToken cancellationToken)
    {
        HashSet<string> told = [];
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            foreach (JsonElement service in Services(erasure).Where(HasAnswered).Where(service => told.Add(Name(service))))
            {
                await output.WriteLineAsync($"{Name(service),-16}{Counts(service)}");
            }

            if (IsComplete(erasure) || Stopwatch.GetElapsedTime(began) >= patience)
            {
                return erasure;
            }

            await Task.Delay(Pause, cancellationToken);
            erasure = await identity.GetAsync($"/v1/users/{id}/erasure", cancellationToken);
        }
    }

    private static bool IsComplete(JsonElement erasure) => erasure.GetProperty("state").GetString() == "completed";

    private static JsonElement.ArrayEnumerator Services(JsonElement erasure) => erasure.GetProperty("services").EnumerateArray();

    private static bool HasAnswered(JsonElement service) => service.GetProperty("completedAt").ValueKind == JsonValueKind.String;

    private static string Name(JsonElement service) => service.GetProperty("service").GetString()!;

    private static string Counts(JsonElement service)
    {
        var erased = service.GetProperty("counts").EnumerateObject().Where(static kind => kind.Value.GetInt64() > 0)
            .Select(static kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Name} {kind.Value.GetInt64():#,0}")).ToList();
        return erased.Count == 0 ? "held nothing" : $"erased: {string.Join(", ", erased)}";
    }
}
