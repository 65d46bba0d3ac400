using System.Text;
using Back2Code.Lab.Topology;
using Back2Code.Slo;

namespace Back2Code.Lab.Supervision.State;

/// <summary>Writes the children's configuration from the templates under deploy/, anew at every start. Mode 0600: some hold passwords.</summary>
internal sealed class ConfigWriter(StateFolder state, string home, decimal timeScale)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public void Write(ProcessSpec process, Placeholders placeholders, string topologyFile)
    {
        foreach (var (name, template) in process.Files)
        {
            var source = Path.Combine(home, template.Value);
            if (!File.Exists(source))
            {
                throw new TopologyException(topologyFile, template.Line, template.Column, $"{process.Name} needs {source}, which does not exist");
            }

            Put(name, placeholders.ResolveFile(File.ReadAllText(source), source));
        }
    }

    /// <summary>Prometheus' rules: generated from the objectives in slos/, and the hand-written ones.</summary>
    public void WriteRules()
    {
        Fresh("rules");
        Fresh("slos");
        foreach (var rules in FilesIn("deploy/prometheus/rules"))
        {
            Put(Path.Combine("rules", Path.GetFileName(rules)), File.ReadAllText(rules));
        }

        foreach (var slo in FilesIn("slos"))
        {
            // The children's user may not be able to enter the home folder.
            Put(Path.Combine("slos", Path.GetFileName(slo)), File.ReadAllText(slo));
        }

        var generated = Path.Combine(state.Paths.Config, "rules", "slos.yaml");
        try
        {
            PrometheusRules.Write(
                SloFiles.Load(Path.Combine(state.Paths.Config, "slos")),
                generated,
                new RuleOptions { TimeScale = timeScale, ScrapeInterval = TimeSpan.FromSeconds(1) });
        }
        catch (SloFileException e)
        {
            throw new LabException($"The objectives in {Path.Combine(home, "slos")} are wrong: {e.Message}", e);
        }

        state.User.Own(generated);
    }

    private void Put(string name, string content)
    {
        var path = Path.Combine(state.Paths.Config, name);
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(content));
        state.User.Own(path);
    }

    private void Fresh(string folder)
    {
        var path = Path.Combine(state.Paths.Config, folder);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        Directory.CreateDirectory(path, OwnerOnly);
        state.User.Own(path);
    }

    private IEnumerable<string> FilesIn(string folder)
    {
        var path = Path.Combine(home, folder);
        return Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.yaml").Order(StringComparer.Ordinal) : [];
    }
}
