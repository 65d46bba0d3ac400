using Microsoft.AspNetCore.Authorization;

namespace Back2Code.Authentication;

/// <summary>One permission that the caller's token must grant.</summary>
internal sealed record PermissionRequirement(string Permission) : IAuthorizationRequirement;

/// <summary>Answers for <see cref="PermissionRequirement"/>. Leaves the refusal to the framework, so that other handlers' answers stay what they are.</summary>
internal sealed class PermissionRequirementHandler : AuthorizationHandler<PermissionRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, PermissionRequirement requirement)
    {
        if (CurrentUser.PermissionsOf(context.User).Allows(requirement.Permission))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}
