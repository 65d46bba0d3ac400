using System.Globalization;
using Back2Code.Lab.Supervision.State;
using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>Turns a process of the topology into a command line, an environment and configuration files. Nothing is started.</summary>
internal sealed class LaunchPlanner(
    string home, PlatformTopology topology, PortPlan ports, StateFolder state, Programs programs, SecretStore secrets, decimal timeScale)
{
    private readonly ConfigWriter _config = new(state, home, timeScale);

    /// <summary>Environment variables beyond those of the topology, by process group.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Changes { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, string>>();

    public LaunchPlan Plan(ProcessSpec spec, string program)
    {
        var data = state.Paths.DataOf(spec.Name);
        if (!Directory.Exists(data))
        {
            Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            state.User.Own(data);
        }

        var placeholders = new Placeholders(topology, ports, spec, new Dictionary<string, string>
        {
            ["data"] = data,
            ["config"] = state.Paths.Config,
            ["state"] = state.Paths.Root,
            ["run"] = state.RunDirectory,
            ["home"] = home,
            ["timeScale"] = timeScale.ToString(CultureInfo.InvariantCulture),
            ["program"] = Path.GetDirectoryName(program)!,
        }, SecretOf);
        _config.Write(spec, placeholders, topology.File);
        if (spec.Rules)
        {
            _config.WriteRules();
        }

        var arguments = spec.Arguments.Select(a => placeholders.Resolve(a, topology.File)).ToList();
        return new LaunchPlan(
            spec.Assembly is null ? program : programs.Dotnet,
            spec.Assembly is null ? arguments : [program, .. arguments],
            EnvironmentOf(spec, placeholders, data),
            data,
            state.Paths.LogOf(spec.Name));
    }

    private Dictionary<string, string> EnvironmentOf(ProcessSpec spec, Placeholders placeholders, string data)
    {
        // Nothing of the caller's environment: what runs must not depend on who started it from where.
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ["LANG"] = "C.UTF-8",
            ["LC_ALL"] = "C.UTF-8",
            ["HOME"] = data,
            ["TMPDIR"] = data,
            [Leftovers.Mark] = state.Paths.Root,
        };
        var own = spec.Assembly is null ? spec.Environment : topology.DotnetEnvironment.Concat(spec.Environment);
        foreach (var (name, value) in own)
        {
            environment[name] = placeholders.Resolve(value, topology.File);
        }

        foreach (var (name, value) in Changes.GetValueOrDefault(spec.Group) ?? new Dictionary<string, string>())
        {
            environment[name] = value;
        }

        return environment;
    }

    /// <summary>A server keeps the password that it was first started with: to make a new one beside its old data would lock everybody out.</summary>
    private string SecretOf(string name)
    {
        if (name == "rabbitmq" && secrets.TryGet(name) is null && Directory.Exists(Path.Combine(state.Paths.DataOf("rabbitmq"), "mnesia")))
        {
            throw StateFolder.Corrupt(state.Paths, $"there is RabbitMQ's data but not its password (secrets/{name}.password)");
        }

        return secrets.GetOrCreate(name);
    }
}
