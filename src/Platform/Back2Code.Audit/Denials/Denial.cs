namespace Back2Code.Audit;

/// <summary>What makes two denials the same. The target is method and route pattern: never the path, which anybody can make up without end.</summary>
internal readonly record struct Denial(AuditActor Actor, string Target, string Reason);
