namespace Back2Code.Identity;

/// <summary>What the identity service answers when it refuses, beside OAuth's own error objects.</summary>
public static class IdentityProblems
{
}
