using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults;

/// <summary>Takes a toxic off a link; one that is not there any more is fine.</summary>
internal sealed record RemoveToxic(string Link, string Toxic) : UndoStep
{
    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken) =>
        await platform.Toxiproxy.RemoveToxicAsync(Link, Toxic, cancellationToken)
            ? $"{Link}: toxic removed"
            : $"{Link}: the toxic was gone already";
}

/// <summary>Lets a link carry connections again.</summary>
internal sealed record EnableLink(string Link) : UndoStep
{
    internal override string? Owns => $"whether {Link} listens";

    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        try
        {
            await platform.Toxiproxy.SetEnabledAsync(Link, enabled: true, cancellationToken);
            return $"{Link}: listens again";
        }
        catch (ToxiproxyException e) when (e.Status == 404)
        {
            return $"{Link}: is gone, nothing to enable";
        }
    }
}
