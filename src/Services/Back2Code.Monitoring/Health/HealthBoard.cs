using System.Collections.Immutable;

namespace Back2Code.Monitoring.Health;

/// <summary>The newest findings of all checks. Each check's are replaced as a whole, independently of the others'. Thread-safe.</summary>
internal sealed class HealthBoard(TimeProvider time)
{
    /// <summary>A broker with a thousand queues must not make a page of them.</summary>
    public const int MaximumTargets = 50;

    private readonly Lock _gate = new();
    private ImmutableSortedDictionary<string, ImmutableArray<CheckStatus>> _checks = ImmutableSortedDictionary.Create<string, ImmutableArray<CheckStatus>>(StringComparer.Ordinal);

    /// <summary>By check and target.</summary>
    public IReadOnlyList<CheckStatus> All => [.. Volatile.Read(ref _checks).Values.SelectMany(c => c)];

    public HealthState Overall => HealthStates.Worst(All.Select(s => s.State));

    /// <summary>Takes a check's findings.</summary>
    /// <returns>What has changed.</returns>
    public IReadOnlyList<HealthChange> Publish(IPlatformCheck check, IReadOnlyList<Finding> findings, TimeSpan duration)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            var before = BeforeNow_NeedsLock(check).ToDictionary(s => s.Finding.Target, StringComparer.Ordinal);
            var after = Numbered(findings)
                .OrderByDescending(f => f.State.Rank()).ThenBy(f => f.Target, StringComparer.Ordinal).Take(MaximumTargets)
                .OrderBy(f => f.Target, StringComparer.Ordinal)
                .Select(f => new CheckStatus
                {
                    Check = check.Name,
                    Title = check.Title,
                    Finding = f,
                    Since = before.TryGetValue(f.Target, out CheckStatus? was) && was.State == f.State ? was.Since : now,
                    CheckedAt = now,
                    Duration = duration,
                }).ToImmutableArray();
            Volatile.Write(ref _checks, _checks.SetItem(check.Name, after));
            return [.. Changes(before, after, now)];
        }
    }

    /// <summary>The check could not look: what it told before is not known any more.</summary>
    public IReadOnlyList<HealthChange> PublishFailure(IPlatformCheck check, string reason, TimeSpan duration)
    {
        List<string> targets;
        lock (_gate)
        {
            targets = [.. BeforeNow_NeedsLock(check).Where(s => s.State != HealthState.NotApplicable).Select(s => s.Finding.Target).DefaultIfEmpty("")];
        }

        return Publish(check, [.. targets.Select(t => new Finding(t, HealthState.Unknown, reason, []))], duration);
    }

    /// <summary>A second finding of one name is told under a name of its own: dropped, it might be the one that matters.</summary>
    private static IEnumerable<Finding> Numbered(IReadOnlyList<Finding> findings)
    {
        var names = findings.Select(f => f.Target).ToHashSet(StringComparer.Ordinal);
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (Finding finding in findings)
        {
            string name = finding.Target;
            for (int n = 2; !told.Add(name); n++)
            {
                string next = $"{finding.Target} ({n})".TrimStart();
                name = names.Contains(next) ? name : next;
            }

            yield return finding with { Target = name };
        }
    }

    private ImmutableArray<CheckStatus> BeforeNow_NeedsLock(IPlatformCheck check) => _checks.GetValueOrDefault(check.Name, []);

    private static IEnumerable<HealthChange> Changes(Dictionary<string, CheckStatus> before, ImmutableArray<CheckStatus> after, DateTimeOffset now)
    {
        foreach (CheckStatus status in after)
        {
            if (!before.Remove(status.Finding.Target, out CheckStatus? was) || was.State != status.State)
            {
                yield return new HealthChange(status, was?.State);
            }
        }

        // A queue that was deleted while it was too deep is not a problem any more, and whoever heard of the problem must hear of its end.
        foreach (CheckStatus gone in before.Values.Where(s => s.State is HealthState.Warning or HealthState.Critical))
        {
            yield return new HealthChange(
                gone with { Finding = gone.Finding with { State = HealthState.NotApplicable, Summary = "no longer there" }, Since = now, CheckedAt = now }, gone.State);
        }
    }
}
