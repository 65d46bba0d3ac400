using System.Globalization;

namespace Back2Code.Chaos.Faults;

/// <summary>Parameters of one injection after checking: typed reads cannot fail any more.</summary>
internal sealed class FaultSettings(IReadOnlyDictionary<string, string> values)
{
    /// <summary>Everything that is wrong with a fault as written, in words that say what is allowed.</summary>
    public static IReadOnlyList<string> Check(IFault fault, string target, IReadOnlyDictionary<string, string> values, TimeSpan? @for)
    {
        List<string> errors = [];
        if (string.IsNullOrWhiteSpace(target))
        {
            errors.Add($"{fault.Type}: target is missing; it names a {fault.TargetKind.ToString().ToLowerInvariant()}");
        }

        if (@for is { } duration && !fault.Lasts)
        {
            errors.Add($"{fault.Type}: 'for' is not allowed, since it happens once{(fault.Parameters.Any(p => p.Name == "downFor") ? "; give the parameter downFor" : "")}");
        }
        else if (@for <= TimeSpan.Zero)
        {
            errors.Add($"{fault.Type}: 'for' must be longer than 0");
        }

        foreach (string unknown in values.Keys.Except(fault.Parameters.Select(p => p.Name)))
        {
            string allowed = fault.Parameters.Count == 0 ? "it takes none" : "allowed: " + string.Join(", ", fault.Parameters.Select(p => p.Name));
            errors.Add($"{fault.Type}: there is no parameter '{unknown}'; {allowed}");
        }

        foreach (var parameter in fault.Parameters)
        {
            if (!values.TryGetValue(parameter.Name, out string? text))
            {
                if (parameter.Required)
                {
                    errors.Add($"{fault.Type}: parameter '{parameter.Name}' is missing; allowed: {parameter.Allowed}");
                }
            }
            else if (parameter.Check(text) is { } error)
            {
                errors.Add($"{fault.Type}: parameter '{parameter.Name}': {error}; allowed: {parameter.Allowed}");
            }
        }

        if (errors.Count == 0 && fault.CheckTogether(values) is { } together)
        {
            errors.Add($"{fault.Type}: {together}");
        }

        return errors;
    }

    /// <exception cref="FaultException">Something is wrong; the message says everything that is.</exception>
    public static FaultSettings Of(IFault fault, FaultContext context)
    {
        if (fault.Needs == FaultNeeds.Root && !context.IsRoot)
        {
            throw new FaultException($"{fault.Type} needs root.{(fault.Instead is { } other ? $" The nearest that does not: {other}." : "")}");
        }

        var errors = Check(fault, context.Target, context.Parameters, context.For);
        return errors.Count == 0 ? new FaultSettings(context.Parameters) : throw new FaultException(string.Join('\n', errors));
    }

    /// <summary>A required parameter, as written.</summary>
    public string Text(string name) => values[name];

    public TimeSpan? Duration(string name) => values.TryGetValue(name, out string? text) && Durations.TryParse(text, out var value) ? value : null;

    public long Number(string name, long otherwise) =>
        values.TryGetValue(name, out string? text) ? long.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public long Number(string name) => long.Parse(values[name], CultureInfo.InvariantCulture);

    public double Ratio(string name, double otherwise) =>
        values.TryGetValue(name, out string? text) ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public string Choice(string name, string otherwise) => values.GetValueOrDefault(name, otherwise);
}
