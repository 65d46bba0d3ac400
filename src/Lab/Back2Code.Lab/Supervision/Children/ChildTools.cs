using Back2Code.Lab.Supervision.Linux;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>What every supervised process works with.</summary>
internal sealed record ChildTools(
    Spawner Spawner, ChildRegistry Registry, Leftovers Leftovers, RunUser User, TimeProvider Time, Action<PlatformProgress> Report);
