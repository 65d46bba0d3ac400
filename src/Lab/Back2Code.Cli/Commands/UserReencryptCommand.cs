using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Back2Code.Authentication;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>Brings addresses, second factors and all else that is encrypted under the newest version of the key, so that the old key can be removed.</summary>
internal static class UserReencryptCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    internal static Command Create()
    {
        var json = LabOptions.Json();
        var command = new Command("reencrypt", """
            Encrypt addresses, secrets of second factors, links, waiting mail and signing keys under the newest version of the identity service's encryption key.
            Can be stopped and started again at any time. Ends with 1 when rows are left that no key is known for; when none are left, earlier keys can be removed.

            Examples:
              back2code user reencrypt
              back2code user reencrypt --json | jq .left
            """)
        {
            json,
        };
        return new IdentityTarget(Roles.Admin).AddTo(command, async (parsed, identity, cancellationToken) =>
        {
            bool asJson = parsed.GetValue(json);
            bool showsProgress = !asJson && !Console.IsOutputRedirected;
            long changed = 0;
            JsonElement state;
            do
            {
                state = await identity.ChangeAsync(HttpMethod.Post, "/v1/keys/encryption/rotate", body: null, cancellationToken);
                changed += state.GetProperty("changed").GetInt64();
                if (showsProgress)
                {
                    Console.Write(string.Create(CultureInfo.InvariantCulture, $"\r{Left(state):#,0} rows left …"));
                }

                if (Left(state) > 0 && state.GetProperty("changed").GetInt64() == 0)
                {
                    // Somebody else holds what is left; it is free in a moment.
                    await Task.Delay(Pause, cancellationToken);
                }
            }
            while (Left(state) > 0);

            long unreadable = state.GetProperty("unreadable").GetInt64();
            if (asJson)
            {
                Console.WriteLine(state.GetRawText());
            }
            else
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(showsProgress ? "\r" : "")}{changed:#,0} rows were encrypted anew, under version {state.GetProperty("version").GetInt64()}. {(unreadable == 0
                        ? "Nothing is left under an earlier one: Identity:PreviousEncryptionKeys can be emptied."
                        : $"{unreadable:#,0} rows are under a version whose key is not in Identity:PreviousEncryptionKeys.")}"));
            }

            return unreadable == 0 ? 0 : 1;
        });
    }

    private static long Left(JsonElement state) => state.GetProperty("left").GetInt64();
}
