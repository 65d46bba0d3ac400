namespace Back2Code.Lab.Supervision;

/// <summary>Where things lie in a state folder. Only names: nothing is created here.</summary>
public sealed class StatePaths(string root)
{
    public string Root { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    public string Secrets => Path.Combine(Root, "secrets");
    public string SigningKey => Path.Combine(Secrets, "signing-key.pem");
    public string Jwks => Path.Combine(Root, "jwks.json");
    public string Config => Path.Combine(Root, "config");

    /// <summary>What clients of the gateway's HTTPS port trust: <c>curl --cacert</c>.</summary>
    public string AuthorityCertificate => Path.Combine(Root, "ca.pem");

    public string Faults => Path.Combine(Root, "faults");

    public string DataOf(string process) => Path.Combine(Root, "data", process);

    public string LogOf(string process) => Path.Combine(Root, "logs", process + ".log");

    public string Logs => Path.Combine(Root, "logs");
    internal string AuthorityKey => Path.Combine(Secrets, "ca-key.pem");
    internal string GatewayCertificate => Path.Combine(Config, "gateway.crt");

    // The name under which HAProxy looks for it.
    internal string GatewayKey => GatewayCertificate + ".key";
    internal string Data => Path.Combine(Root, "data");
    internal string Lock => Path.Combine(Root, "lab.lock");
    internal string LabRecord => Path.Combine(Root, "lab.json");
    internal string Processes => Path.Combine(Root, "processes.json");
}
