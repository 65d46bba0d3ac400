namespace Back2Code.Observability;

/// <summary>Who this process is, in every log line, in the resource of its traces and in <c>target_info</c>.</summary>
/// <param name="Name">The service ("notes"), the same for all its replicas.</param>
/// <param name="Instance">This replica ("notes-1").</param>
/// <param name="Version">Version of the running program.</param>
public sealed record ServiceIdentity(string Name, string Instance, string Version);
