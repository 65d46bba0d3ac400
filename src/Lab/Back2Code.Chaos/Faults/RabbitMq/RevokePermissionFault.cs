using System.Text.Json;
using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary><c>rabbitmq.revoke-permission</c>: the services' user may not do any more what they need.</summary>
internal sealed class RevokePermissionFault : RabbitMqFault
{
    private const string Nothing = "^$";

    public override string Type => "rabbitmq.revoke-permission";

    public override string Summary => "Takes a permission of the services' user, and closes all connections so that everybody meets it.";

    public override string Symptom => "The broker is up; channels are closed with ACCESS_REFUSED as soon as they are used, and opened again, and closed again.";

    public override FaultExample Example => new("rabbitmq", ("permission", "write"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
        [new ChoiceParameter("permission", "What is taken: to configure (declare), to write (publish and bind) or to read (consume).", ["configure", "write", "read"], Required: true)];

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var user = new Uri(context.Platform.RabbitMqUri).UserInfo.Split(':')[0];
        var before = await RestorePermissions.ReadAsync(context.Platform, user, cancellationToken);
        var after = settings.Text("permission") switch
        {
            "configure" => before with { Configure = Nothing },
            "write" => before with { Write = Nothing },
            _ => before with { Read = Nothing },
        };
        return new FaultPlan
        {
            Undo = [before],
            Act = async token =>
            {
                await after.SetAsync(context.Platform, token);
                var (closed, _) = await CloseConnectionsFault.CloseAllAsync(context.Platform, token);
                var now = await RestorePermissions.ReadAsync(context.Platform, user, token);
                return now == after
                    ? Evidence.Seen($"rabbitmq: {user} may configure '{now.Configure}', write '{now.Write}', read '{now.Read}'; {closed} connections were closed")
                    : Evidence.NotSeen($"rabbitmq: {user} may configure '{now.Configure}', write '{now.Write}', read '{now.Read}'");
            },
        };
    }
}

/// <summary>Sets a user's permissions in the default virtual host. They are in the broker's database and outlive it.</summary>
internal sealed record RestorePermissions(string User, string Configure, string Write, string Read) : RabbitMqUndo
{
    internal override string? Owns => $"the permissions of {User} in rabbitmq";

    internal override bool OutlivesPlatform => true;

    internal override string? NeedsProcess => "rabbitmq";

    public static async Task<RestorePermissions> ReadAsync(IFaultTarget platform, string user, CancellationToken cancellationToken)
    {
        var answer = await platform.RunRabbitMqCtlAsync(["list_user_permissions", user, "--formatter", "json"], cancellationToken);
        using var document = JsonDocument.Parse(answer);
        var inDefaultHost = document.RootElement.EnumerateArray().FirstOrDefault(p => p.GetProperty("vhost").GetString() == "/");
        return inDefaultHost.ValueKind == JsonValueKind.Object
            ? new RestorePermissions(user, Text("configure"), Text("write"), Text("read"))
            : throw new FaultException($"RabbitMQ's user '{user}' has no permissions that could be taken.");

        string Text(string name) => inDefaultHost.GetProperty(name).GetString()!;
    }

    public Task<string> SetAsync(IFaultTarget platform, CancellationToken cancellationToken) =>
        platform.RunRabbitMqCtlAsync(["set_permissions", "-p", "/", User, Configure, Write, Read], cancellationToken);

    protected override async Task<string> ApplyRunningAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        await SetAsync(platform, cancellationToken);
        return $"rabbitmq: {User} may configure '{Configure}', write '{Write}', read '{Read}' again";
    }
}
