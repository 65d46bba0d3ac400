using System.Globalization;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Traffic;

namespace Back2Code.Lab.Drills.Settings;

/// <summary>
/// What is to be different in one run of a drill, each as <c>KEY=VALUE</c>: <c>traffic.rate=240</c>, <c>duration=60s</c>, <c>fault.latency=3s</c> (every fault that has
/// such a parameter), <c>fault.2.for=10s</c> (the second fault), <c>notes:Resilience__postgres__TotalTimeout=00:00:01</c> (environment of a process group).
/// </summary>
public sealed class DrillSettings
{
    public static readonly DrillSettings None = new([]);

    private static readonly string[] TrafficKeys = ["rate", "users", "warmup", "mix"];

    private readonly IReadOnlyList<(string Key, string Value)> _changes;

    private DrillSettings(IReadOnlyList<(string Key, string Value)> changes) => _changes = changes;

    /// <summary>As written.</summary>
    public IReadOnlyList<string> Texts => [.. _changes.Select(c => $"{c.Key}={c.Value}")];

    /// <summary>Environment variables that processes are to get, by process group.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Environment =>
        _changes.Where(c => IsEnvironment(c.Key)).GroupBy(c => c.Key.Split(':', 2)[0]).ToDictionary(
            group => group.Key,
            IReadOnlyDictionary<string, string> (group) => group.GroupBy(c => c.Key.Split(':', 2)[1]).ToDictionary(g => g.Key, g => g.Last().Value));

    /// <exception cref="DrillSettingException">One of them is not <c>KEY=VALUE</c> with a key that there is.</exception>
    public static DrillSettings Parse(IEnumerable<string> texts) => new([.. texts.Select(ParseOne)]);

    public DrillSettings With(DrillSettings more) => new([.. _changes, .. more._changes]);

    /// <summary>The drill as it is to be run. What concerns processes is in <see cref="Environment"/>.</summary>
    /// <exception cref="DrillSettingException">A value is out of its range, or the drill has nothing that the key names.</exception>
    public Drill ApplyTo(Drill drill)
    {
        foreach (var (key, value) in _changes.Where(c => !IsEnvironment(c.Key)))
        {
            drill = Apply(drill, key, value);
        }

        foreach (var fault in drill.Faults)
        {
            if (FaultCatalogue.Validate(fault.Type, fault.Target, fault.Parameters, fault.For) is { Count: > 0 } problems)
            {
                throw new DrillSettingException(string.Join(" ", problems));
            }

            var ends = fault.Due.Last() + fault.Stands;
            if (ends >= drill.Duration)
            {
                throw new DrillSettingException($"A fault of {drill.Name} is over {Durations.Format(ends)} after the injection, but the drill ends {Durations.Format(drill.Duration)} after it; nothing could recover. Give it longer, for example duration={Durations.Format(ends + TimeSpan.FromSeconds(20))}.");
            }
        }

        return drill;
    }

    private static bool IsEnvironment(string key) => key.Contains(':', StringComparison.Ordinal);

    private static (string Key, string Value) ParseOne(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0 || at == text.Length - 1)
        {
            throw new DrillSettingException($"'{text}' is no setting; expected KEY=VALUE, for example traffic.rate=240, fault.latency=3s or notes:Resilience__postgres__TotalTimeout=00:00:01.");
        }

        var (key, value) = (text[..at].Trim(), text[(at + 1)..].Trim());
        if (IsEnvironment(key) ? key.Split(':', 2) is [{ Length: > 0 }, { Length: > 0 }] : key == "duration" || key.StartsWith("fault.", StringComparison.Ordinal) || (key.StartsWith("traffic.", StringComparison.Ordinal) && TrafficKeys.Contains(key["traffic.".Length..])))
        {
            return (key, value);
        }

        // An objective decides how a run is judged, not how it goes: two runs that differ in nothing else prove nothing.
        throw new DrillSettingException(key.StartsWith("objectives", StringComparison.Ordinal)
            ? $"'{key}' judges a run and does not change it. What can be set: traffic.{string.Join('|', TrafficKeys)}, duration, fault.PARAMETER, GROUP:ENVIRONMENT_VARIABLE."
            : $"There is no setting '{key}'. What can be set: traffic.{string.Join('|', TrafficKeys)}, duration, fault.PARAMETER, fault.N.PARAMETER, GROUP:ENVIRONMENT_VARIABLE.");
    }

    private static Drill Apply(Drill drill, string key, string value) => key switch
    {
        "duration" => drill with { Duration = Duration(key, value) },
        "traffic.rate" => drill with { Traffic = drill.Traffic with { Rate = Whole(key, value, 100_000) } },
        "traffic.users" => drill with { Traffic = drill.Traffic with { Users = Whole(key, value, 1_000) } },
        "traffic.warmup" => drill with { Traffic = drill.Traffic with { Warmup = Duration(key, value) } },
        "traffic.mix" => drill with { Traffic = drill.Traffic with { Mix = Mix(value) } },
        _ => drill with { Faults = ApplyToFaults(drill, key, value) },
    };

    private static DrillFault[] ApplyToFaults(Drill drill, string key, string value)
    {
        var parts = key.Split('.', 3);
        int? only = parts.Length == 3 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        var name = only is null ? key["fault.".Length..] : parts[2];
        var changed = drill.Faults.Select((fault, i) => only is { } n && n != i + 1 ? null : Change(fault, name, value, key)).ToArray();
        if (changed.Any(f => f is not null))
        {
            return [.. changed.Select((f, i) => f ?? drill.Faults[i])];
        }

        var known = drill.Faults.SelectMany(f => FaultCatalogue.Find(f.Type).Parameters.Select(p => p.Name)).Distinct().Append("for").Append("after");
        throw new DrillSettingException(only > drill.Faults.Count || drill.Faults.Count == 0
            ? $"'{key}': {drill.Name} has {(drill.Faults.Count == 0 ? "no faults" : FormattableString.Invariant($"{drill.Faults.Count}"))}."
            : $"'{key}': no fault of {drill.Name} has a parameter '{name}'; there are {string.Join(", ", known)}.");
    }

    private static DrillFault? Change(DrillFault fault, string name, string value, string key) => name switch
    {
        "for" => FaultCatalogue.Find(fault.Type).Lasts ? fault with { For = Duration(key, value) } : null,
        "after" => fault with { After = Duration(key, value) },
        _ when FaultCatalogue.Find(fault.Type).Parameters.Any(p => p.Name == name) =>
            fault with { Parameters = new Dictionary<string, string>(fault.Parameters) { [name] = value } },
        _ => null,
    };

    private static TimeSpan Duration(string key, string value) => Durations.TryParse(value, out var duration) && duration > TimeSpan.Zero
        ? duration
        : throw new DrillSettingException($"{key} '{value}' is not a duration; expected for example 30s or 10m.");

    private static int Whole(string key, string value, int most) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            ? number
            : throw new DrillSettingException(string.Create(CultureInfo.InvariantCulture, $"{key} '{value}' is not a whole number from 1 to {most}."));

    private static string Mix(string value)
    {
        try
        {
            return TrafficMix.Parse(value).ToString();
        }
        catch (FormatException e)
        {
            throw new DrillSettingException($"traffic.mix: {e.Message}", e);
        }
    }
}

/// <summary>A setting cannot be applied; the message is complete for the person at the terminal.</summary>
public sealed class DrillSettingException(string message, Exception? cause = null) : Exception(message, cause);
