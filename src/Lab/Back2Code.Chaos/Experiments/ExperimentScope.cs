using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments;

/// <summary>What placeholders can name in one run: the resolved configuration and the secrets, group by group.</summary>
public sealed class ExperimentScope
{
    private readonly Dictionary<string, JsonNode?> _configuration;
    private readonly IReadOnlyDictionary<string, JsonObject> _secrets;

    internal ExperimentScope(Dictionary<string, JsonNode?> configuration, IReadOnlyDictionary<string, JsonObject> secrets, IReadOnlyList<string> hidden)
    {
        (_configuration, _secrets) = (configuration, secrets);
        Mask = new SecretMask([.. secrets.Values, .. hidden.Select(h => JsonValue.Create(h))]);
    }

    public IReadOnlyDictionary<string, JsonNode?> Configuration => _configuration;

    /// <summary>Hides the secrets of this run.</summary>
    public SecretMask Mask { get; }

    /// <summary>Dynamic entries that could not be had; each worth a line to the user.</summary>
    public IReadOnlyList<string> Warnings => MutableWarnings;

    internal List<string> MutableWarnings { get; } = [];

    /// <summary>The configuration plus the named secret groups. The configuration wins, as in the reference.</summary>
    public IReadOnlyDictionary<string, JsonNode?> For(Provider provider)
    {
        if (provider.Secrets.Count == 0)
        {
            return _configuration;
        }

        var values = new Dictionary<string, JsonNode?>();
        foreach (var (key, value) in provider.Secrets.SelectMany(group => _secrets.TryGetValue(group, out var found) ? found : []))
        {
            values[key] = value;
        }

        foreach (var (key, value) in _configuration)
        {
            values[key] = value;
        }

        return values;
    }

    /// <summary>Looks up the environment, the vault and the dynamic entries, in file order.</summary>
    /// <param name="experiment">Whose <c>configuration</c> and <c>secrets</c> count.</param>
    /// <param name="values">From outside the file.</param>
    /// <param name="runner">Runs dynamic entries; null leaves them out.</param>
    /// <exception cref="ExperimentSettingsException">An environment variable without default is missing or has no value of its type, or the vault does not give the secret.</exception>
    public static Task<ExperimentScope> ResolveAsync(Experiment experiment, ExperimentValues values, ActivityRunner? runner, CancellationToken cancellationToken) =>
        new ScopeReader(experiment, values, runner).ReadAsync(cancellationToken);

    /// <summary>The same with variables only.</summary>
    public static Task<ExperimentScope> ResolveAsync(
        Experiment experiment, IReadOnlyDictionary<string, JsonNode?> given, Func<string, string?> environment, ActivityRunner? runner, CancellationToken cancellationToken) =>
        ResolveAsync(experiment, new ExperimentValues { Variables = given, Environment = environment }, runner, cancellationToken);
}

/// <summary>The experiment needs something from its surroundings that is not there.</summary>
public sealed class ExperimentSettingsException(string message) : Exception(message);
