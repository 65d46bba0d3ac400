using System.Text.Json;

namespace Back2Code.Lab.Supervision;

/// <summary>lab.json: who runs on a state folder and where its control socket is. Left behind by a lab that was killed.</summary>
internal sealed record LabRecord(int Pid, long StartTime, int PortBase, string ControlSocket, DateTimeOffset StartedAt)
{
    public static LabRecord? TryRead(string stateDirectory)
    {
        try
        {
            return JsonSerializer.Deserialize<LabRecord>(File.ReadAllBytes(new StatePaths(stateDirectory).LabRecord), LabJson.Options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
