using System.Security.Cryptography;
using System.Text;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.GameDays;
using Back2Code.UnitTests.Architecture;
using Back2Code.UnitTests.Drills;

namespace Back2Code.UnitTests.GameDays;

public sealed class GameDayPlanTests
{
    private static readonly DrillCatalogue Shipped = new(Path.Combine(Repository.Root, "drills"));

    public static TheoryData<string> Hidden => [.. Shipped.Names.Where(name => Shipped.Load(name).GameDay is not null)];

    [Theory]
    [MemberData(nameof(Hidden))]
    public void A_drill_that_can_be_hidden_stands_for_as_long_as_a_game_day_may_last(string name)
    {
        foreach (var fault in Shipped.Load(name).Faults)
        {
            var prolonged = GameDayScenario.Prolong(fault, TimeSpan.FromMinutes(240));

            Assert.Empty(FaultCatalogue.Validate(prolonged.Type, prolonged.Target, prolonged.Parameters, prolonged.For));
        }
    }

    private static readonly Drill[] Drills = [.. "abcdef".Select(c => GameDays.Hidden(c.ToString()))];

    [Fact]
    public void The_same_seed_hides_the_same_faults_at_the_same_times_under_another_hash()
    {
        var one = GameDayPlan.Draw(Drills, faults: 3, minutes: 30, noise: true, seed: 7);
        var two = GameDayPlan.Draw([.. Drills.Reverse()], faults: 3, minutes: 30, noise: true, seed: 7);

        Assert.Equal(one.Rounds.Select(r => (r.Drill, r.InjectAfterSeconds, r.NoiseAfterSeconds, r.Noise)), two.Rounds.Select(r => (r.Drill, r.InjectAfterSeconds, r.NoiseAfterSeconds, r.Noise)));
        Assert.NotEqual(one.Commitment(), two.Commitment());
        Assert.Equal(3, one.Rounds.Select(r => r.Drill).Distinct().Count());
    }

    [Fact]
    public void The_hash_is_that_of_the_text_which_is_revealed()
    {
        var plan = GameDayPlan.Draw(Drills, 1, 15, noise: false, seed: 1);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(plan.Text()))), plan.Commitment());
        Assert.NotEqual(plan.Commitment(), (plan with { Rounds = [plan.Rounds[0] with { Drill = "another" }] }).Commitment());
    }

    [Fact]
    public void A_fault_comes_in_the_first_third_of_its_window_and_the_windows_fill_the_day()
    {
        foreach (var seed in Enumerable.Range(1, 200))
        {
            var plan = GameDayPlan.Draw(Drills, 2, 20, noise: true, seed);

            Assert.All(plan.Rounds, r => Assert.InRange(r.InjectAfterSeconds, 30, 180));
            Assert.All(plan.Rounds, r => Assert.InRange(r.NoiseAfterSeconds!.Value, 0, 300));
            Assert.Equal(1200, plan.Rounds.Sum(r => r.WindowSeconds));
        }
    }

    [Fact]
    public void Noise_is_of_several_kinds_and_a_seed_may_draw_any_of_them()
    {
        var drawn = Enumerable.Range(1, 200).SelectMany(seed => GameDayPlan.Draw(Drills, 2, 20, noise: true, seed).Rounds).Select(r => r.Noise).ToHashSet();

        Assert.Equal(GameDayNoise.Kinds.Select(k => k.Key).Order(StringComparer.Ordinal), drawn.Order(StringComparer.Ordinal));
        Assert.All(GameDayPlan.Draw(Drills, 2, 20, noise: false, seed: 1).Rounds, r => Assert.Null(r.Noise));
    }

    [Fact]
    public void Every_kind_of_noise_is_a_fault_that_there_is() => Assert.All(GameDayNoise.Kinds, kind =>
    {
        var fault = GameDayNoise.Find(kind.Key);
        Assert.Empty(FaultCatalogue.Validate(fault.Type, fault.Target, fault.Parameters, fault.For));
        Assert.Equal(FaultCatalogue.Find(fault.Type).Lasts, fault.For is not null);
    });

    [Fact]
    public void More_faults_than_drills_that_are_fit_are_refused_with_how_many_there_are()
    {
        Drill[] drills = [.. Drills.Take(2), GameDays.Hidden("x") with { GameDay = null }];

        var error = Assert.Throws<ArgumentException>(() => GameDayPlan.Draw(drills, 3, 15, noise: false, seed: 1));

        Assert.Contains("2 drills are fit", error.Message, StringComparison.Ordinal);
    }
}
