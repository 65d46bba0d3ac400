using System.Text;
using Back2Code.Lab.Supervision.Children;
using Back2Code.Lab.Supervision.Linux;
using Back2Code.Lab.Supervision.State;

namespace Back2Code.Lab.Supervision.Setup;

/// <summary>Puts the Erlang cookie where the broker looks for it: in a file, since an argument would show it in `ps`.</summary>
internal sealed class RabbitMqSetup(RunUser user, SecretStore secrets) : IProcessSetup
{
    public Task PrepareAsync(LaunchPlan plan, CancellationToken cancellationToken)
    {
        var cookie = Path.Combine(plan.DataDirectory, ".erlang.cookie");
        // Erlang refuses a cookie that anybody but its owner may read.
        AtomicFile.Write(cookie, Encoding.ASCII.GetBytes(secrets.GetOrCreate("erlang-cookie")), UnixFileMode.UserRead);
        user.Own(cookie);
        return Task.CompletedTask;
    }

    public Task FinishAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
