using System.IO.Enumeration;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.GameDays;

/// <summary>Restarts, rollbacks and drains of parts that were well: they put users at risk and mended nothing. Pure.</summary>
internal static class NeedlessControls
{
    /// <summary>One line each.</summary>
    public static IEnumerable<string> Of(GameDayRecord record) =>
        record.Controls
            .Where(c => c.WasReady && !record.Rounds.Exists(r => c.At >= r.InjectedAt && c.At <= r.EndedAt && IsInvolved(r.Drill, c.Target)))
            .Select(c => $"{c.Kind} of {c.Target}, which was well and no part of what was broken");

    /// <summary>The broken part itself, and whatever a fault was put on: of a link, both ends.</summary>
    private static bool IsInvolved(Drill drill, string process) =>
        drill.GameDay!.IsRightComponent(process)
        || process.StartsWith(drill.GameDay.Component + "-", StringComparison.OrdinalIgnoreCase)
        || drill.Faults.SelectMany(f => f.Target.Split("-to-")).Any(target => FileSystemName.MatchesSimpleExpression(target, process, ignoreCase: false));
}
