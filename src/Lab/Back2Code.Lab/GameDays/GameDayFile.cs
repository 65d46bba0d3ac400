using System.Text.Json;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Supervision.State;

namespace Back2Code.Lab.GameDays;

/// <summary><c>gameday.json</c> in the state folder, mode 0600: where the game day that runs there listens, and the token to play with. Gone when it is over.</summary>
public sealed record GameDayFile(int Pid, long StartTime, string Url, string Token, bool Blind)
{
    private const string Name = "gameday.json";

    /// <summary>Null when no game day runs on that state folder; a file whose process is gone counts as none.</summary>
    public static GameDayFile? TryRead(string stateDirectory)
    {
        try
        {
            var file = JsonSerializer.Deserialize<GameDayFile>(File.ReadAllBytes(Path.Combine(stateDirectory, Name)), GameDayJson.Options);
            return file is not null && ProcFs.IsAlive(file.Pid, file.StartTime) ? file : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Whoever asks the lab what it broke, or has it mend that, finds out nothing about himself.</summary>
    /// <exception cref="LabException">A game day runs on that state folder.</exception>
    public static void RefuseWhilePlayed(string stateDirectory)
    {
        if (TryRead(stateDirectory) is not null)
        {
            throw new LabException("A game day is played here: what is broken is for the operator to find out, and to mend by the platform's own controls. `back2code gameday end` ends it.");
        }
    }

    internal void Write(string stateDirectory) =>
        AtomicFile.Write(Path.Combine(stateDirectory, Name), JsonSerializer.SerializeToUtf8Bytes(this, GameDayJson.Options), UnixFileMode.UserRead | UnixFileMode.UserWrite);

    internal static void Delete(string stateDirectory) => File.Delete(Path.Combine(stateDirectory, Name));
}
