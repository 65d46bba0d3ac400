using System.Diagnostics;
using System.Globalization;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Faults;

namespace Back2Code.EndToEndTests;

/// <summary>
/// Whoever injects a fault, and the lab itself, may die at any instant: before the record, between record and act, while watching, while undoing. Nothing may be left.
/// Every fault of the catalogue takes its turn, with its own example, so that a new one is tested by being there.
/// </summary>
public sealed class KilledFaultTests
{
    /// <summary>How many kills; 200 takes some twenty minutes. Every tenth is of the lab.</summary>
    private static readonly int Kills = Number("BACK2CODE_KILLS", otherwise: 12);

    private static readonly int Seed = Number("BACK2CODE_KILL_SEED", otherwise: 1);

    private const int AtOnce = 3;
    private const int LabEvery = 10;

    // From the start of a command to the undoing of what it did; most of it is the start of a .NET process on a busy machine.
    private static readonly TimeSpan LongestLife = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Healed = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Startup = TimeSpan.FromSeconds(120);

    private readonly Random _random = new(Seed);
    private readonly List<IFault> _turn = [];
    private int _stood;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Injectors_and_labs_killed_at_random_instants_leave_nothing()
    {
        using var state = new StateFolder();
        try
        {
            await StartAsync(state);
            for (int killed = 0; killed < Kills;)
            {
                bool isLabsTurn = killed / LabEvery != Math.Min(killed + AtOnce, Kills) / LabEvery;
                if (isLabsTurn)
                {
                    await KillLabAsync(state);
                    killed++;
                }

                int injectors = Math.Min(AtOnce, Kills - killed);
                await Task.WhenAll(Enumerable.Range(0, injectors).Select(_ => KillInjectorAsync(state, NextFault(), NextLife())));
                killed += injectors;
                await AssertNothingIsLeftAsync(state, $"after {killed} kills");
            }
        }
        finally
        {
            await using var down = RunningCommand.Start("down", "--state", state.Path);
            await down.WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        }

        await state.AssertNothingIsLeftAsync(Cancellation);
        Assert.Empty(Directory.GetFiles(Path.Combine(state.Path, "faults")));
        TestContext.Current.SendDiagnosticMessage("{0} kills (seed {1}), {2} of them while a record stood", Kills, Seed, _stood);

        // Kills that hit nobody would prove nothing.
        Assert.True(_stood * 10 >= Kills, $"only {_stood} of {Kills} kills found a fault that stood (seed {Seed})");
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : otherwise;

    private static async Task StartAsync(StateFolder state)
    {
        await using var up = RunningCommand.Start("up", "--detach", "--state", state.Path, "--port-base", "auto");
        int exit = await up.WaitAsync(Startup, Cancellation);
        Assert.True(exit == 0, $"up ended with {exit} (seed {Seed}).\n{up}");
    }

    private IFault NextFault()
    {
        if (_turn.Count == 0)
        {
            _turn.AddRange(FaultCatalogue.All.Where(f => f.Needs == FaultNeeds.User || Environment.IsPrivilegedProcess).OrderBy(_ => _random.Next()));
        }

        var next = _turn[^1];
        _turn.RemoveAt(_turn.Count - 1);
        return next;
    }

    private TimeSpan NextLife() => LongestLife * _random.NextDouble();

    private async Task KillInjectorAsync(StateFolder state, IFault fault, TimeSpan life)
    {
        await using var injector = RunningCommand.Start([.. AddCommand(fault, state), "--wait"]);
        await DieAsync(injector, life, state);
    }

    /// <summary>The lab injects for a command that does not stay, and dies of it.</summary>
    private async Task KillLabAsync(StateFolder state)
    {
        var faults = Enumerable.Range(0, AtOnce).Select(_ => NextFault()).ToList();
        using var lab = await LabClient.TryConnectAsync(state.Path, Cancellation);
        int pid = (await lab!.GetStatusAsync(Cancellation)).LabPid;
        var commands = faults.Select(f => RunningCommand.Start(AddCommand(f, state))).ToList();
        await Task.Delay(NextLife(), Cancellation);
        CountStanding(state);
        using (var process = Process.GetProcessById(pid))
        {
            process.Kill();
            await process.WaitForExitAsync(Cancellation);
        }

        foreach (var command in commands)
        {
            await command.WaitAsync(Healed, Cancellation);
            await command.DisposeAsync();
        }

        // Whatever needs no process is healed by whatever comes next, and the rest by the next start.
        await StartAsync(state);
        await AssertNothingIsLeftAsync(state, $"after the lab was killed with {string.Join(", ", faults.Select(f => f.Type))}");
    }

    private static string[] AddCommand(IFault fault, StateFolder state) =>
    [
        "fault", "add", fault.Type, "--target", fault.Example.Target, "--state", state.Path,
        .. fault.Example.Parameters.SelectMany(p => (string[])["--set", $"{p.Key}={p.Value}"]),
        .. fault.Lasts ? (string[])["--for", "10m"] : [],
    ];

    private async Task DieAsync(RunningCommand command, TimeSpan life, StateFolder state)
    {
        await Task.Delay(life, Cancellation);
        CountStanding(state);
        command.Signal(PosixSignalNumber.Kill);
        await command.WaitAsync(Healed, Cancellation);
    }

    private void CountStanding(StateFolder state)
    {
        if (Directory.EnumerateFiles(Path.Combine(state.Path, "faults"), "*.json").Any())
        {
            Interlocked.Increment(ref _stood);
        }
    }

    /// <summary>No record, no trace on the platform itself, and every process ready again.</summary>
    private static async Task AssertNothingIsLeftAsync(StateFolder state, string when)
    {
        string why = "";
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Healed * 2)
        {
            using var lab = await LabClient.TryConnectAsync(state.Path, Cancellation);
            var unready = (await lab!.GetStatusAsync(Cancellation)).Processes.Where(p => p.State != ProcessState.Ready).Select(p => $"{p.Name} is {p.State} ({p.Detail})").ToList();
            var report = await Healing.HealAsync(state.Path, Cancellation);

            // Half a record, of one who died while writing it, is dropped when it is a second old.
            var files = Directory.GetFiles(Path.Combine(state.Path, "faults")).Select(f => $"{Path.GetFileName(f)} is there");
            if (report.NothingIsLeft && unready.Count == 0 && !files.Any())
            {
                return;
            }

            why = string.Join("; ", files.Concat(report.Left).Concat(report.Standing.Select(s => $"{s.Type} on {s.Target} is on record")).Concat(unready));
            await Task.Delay(200, Cancellation);
        }

        Assert.Fail($"{when} (seed {Seed}): {why}");
    }
}
