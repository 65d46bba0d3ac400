using Back2Code.Chaos.Identity;
using Back2Code.Lab.Supervision.State;

namespace Back2Code.Lab.Supervision;

/// <summary>How the lab itself gets at the identity service of a platform that runs.</summary>
public static class LabIdentity
{
    /// <summary>The client that <c>topology.yaml</c> has the service make at its first start.</summary>
    internal const string ClientId = "lab";

    internal const string ClientSecret = "identity-lab-client";

    /// <exception cref="LabException">The platform has no identity service.</exception>
    public static async Task<IdentityAccess> OfAsync(LabClient lab, CancellationToken cancellationToken)
    {
        var status = await lab.GetStatusAsync(cancellationToken);
        return status.Processes.FirstOrDefault(p => p.Name == "identity")?.Port is { } port
            && new SecretStore(new StatePaths(status.StateDirectory)).TryGet(ClientSecret) is { } secret
            ? new IdentityAccess(new Uri($"http://127.0.0.1:{port}"), ClientId, secret)
            : throw new LabException("This platform has no identity service. --lab-key signs a token without it.");
    }
}
