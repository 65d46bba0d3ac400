using Back2Code.Authentication;
using Back2Code.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>Turns what is to be sent into a mail: looks who is meant, and makes its link good.</summary>
internal sealed class MailComposer(
    [FromKeyedServices(PostgresPools.Background)] NpgsqlDataSource source, EmailVault vault, AccountTokens accountTokens, SecurityEvents events,
    IOptions<IdentityOptions> identity, IOptions<BearerTokenOptions> bearer)
{
    /// <returns>Null when there is nobody to send it to.</returns>
    public async Task<OutgoingMail?> ComposeAsync(Guid id, MailJob job, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var mail = await ComposeAsync(connection, transaction, job, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return mail is { } found ? new(id, found.To, found.Content.Subject, found.Content.Text.ReplaceLineEndings("\r\n")) : null;
    }

    private async Task<(string To, (string Subject, string Text) Content)?> ComposeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, MailJob job, CancellationToken cancellationToken)
    {
        string issuer = bearer.Value.Issuer;
        var lifetime = identity.Value.MailLinkLifetime;
        var recipient = await FindAsync(connection, transaction, job, cancellationToken);
        switch (job.Kind)
        {
            case MailKinds.Registration when recipient is not null:
                return (recipient.Address!, MailTexts.AlreadyRegistered(issuer, recipient.Name));

            case MailKinds.Registration:
                return await accountTokens.IssueAsync(connection, transaction, job.Token!, AccountTokens.Registration, null, job.To!, cancellationToken)
                    ? (job.To!, MailTexts.Register(issuer, job.Token!, lifetime))
                    : null;

            case MailKinds.ChangeEmail when recipient is not null && await ByAddressAsync(connection, transaction, job.To!, cancellationToken) is { } owner:
                return owner.Id == recipient.Id ? null : (job.To!, MailTexts.AddressTaken(owner.Name));

            case MailKinds.ChangeEmail when recipient is not null:
                if (!await accountTokens.IssueAsync(connection, transaction, job.Token!, AccountTokens.ChangeEmail, recipient.Id, job.To!, cancellationToken))
                {
                    return null;
                }

                await events.RecordAsync(
                    connection, transaction, new(SecurityActions.EmailChangeRequested, true, recipient.Id.ToString(), recipient.Id.ToString()), cancellationToken);
                return (job.To!, MailTexts.ChangeEmail(issuer, recipient.Name, job.Token!, lifetime));

            // The address before has no row any more, so the job brings it.
            case MailKinds.EmailChanged when recipient is not null:
                return (job.To!, MailTexts.Tell(job.Kind, recipient.Name));

            case MailKinds.ResetPassword or MailKinds.Invitation when recipient is { Address: { } address }:
                if (!await accountTokens.IssueAsync(connection, transaction, job.Token!, AccountTokens.ResetPassword, recipient.Id, address, cancellationToken))
                {
                    return null;
                }

                await events.RecordAsync(
                    connection, transaction, new(SecurityActions.PasswordResetRequested, true, null, recipient.Id.ToString(), job.Kind), cancellationToken);
                return (address, job.Kind == MailKinds.Invitation
                    ? MailTexts.Invite(issuer, recipient.Name, job.Token!, lifetime)
                    : MailTexts.ResetPassword(issuer, recipient.Name, job.Token!, lifetime));

            case MailKinds.Registration or MailKinds.ChangeEmail or MailKinds.ResetPassword or MailKinds.Invitation:
                return null;

            default:
                return recipient is { Address: { } known } ? (known, MailTexts.Tell(job.Kind, recipient.Name)) : null;
        }
    }

    private Task<Recipient?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, MailJob job, CancellationToken cancellationToken)
    {
        const string byId = $"{Recipient.Select} WHERE u.id = @id AND u.disabled_at IS NULL";
        const string byName = $"{Recipient.Select} WHERE u.name = @name AND u.disabled_at IS NULL";

        return job.UserId is { } id ? connection.FirstAsync(transaction, byId, Read, cancellationToken, ("id", id))
            : job.To!.Contains('@', StringComparison.Ordinal) ? ByAddressAsync(connection, transaction, job.To, cancellationToken)
            : connection.FirstAsync(transaction, byName, Read, cancellationToken, ("name", job.To.ToLowerInvariant()));
    }

    private Task<Recipient?> ByAddressAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string address, CancellationToken cancellationToken)
    {
        const string sql = $"{Recipient.Select} WHERE e.address_hmac = ANY (@hmacs) AND u.disabled_at IS NULL";

        return connection.FirstAsync(transaction, sql, Read, cancellationToken, ("hmacs", vault.Find(address)));
    }

    private Recipient Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.IsDBNull(2) ? null : vault.Open(row.GetFieldValue<byte[]>(2), row.GetInt32(3), row.GetGuid(0)));

    private sealed record Recipient(Guid Id, string Name, string? Address)
    {
        public const string Select = "SELECT u.id, u.name, e.address, e.encryption_version FROM users u LEFT JOIN email_addresses e ON e.user_id = u.id";
    }
}
