using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Back2Code.Lab.Supervision;

/// <summary>Reads the JSON body of a request to one of the lab's own APIs. What is wrong with it is the answer, with its place; it never reaches the code behind.</summary>
internal static class RequestBody
{
    /// <param name="context">The request. Its content type is not asked: JSON in UTF-8 is all that these APIs read.</param>
    /// <param name="options">How the body is written.</param>
    /// <param name="check">What the types do not say: values that are missing, empty or out of range.</param>
    /// <returns>Null when the body was refused; the answer is written then.</returns>
    public static async Task<T?> ReadAsync<T>(HttpContext context, JsonSerializerOptions options, Func<T, BodyComplaint?> check)
        where T : class
    {
        T? body;
        try
        {
            body = await JsonSerializer.DeserializeAsync<T>(context.Request.Body, options, context.RequestAborted);
        }
        catch (JsonException e)
        {
            await LabProblem.WriteAsync(context, StatusCodes.Status400BadRequest, Describe(e), e.Path ?? "$");
            return null;
        }
        catch (BadHttpRequestException e)
        {
            // Too long, or broken off on the way.
            await LabProblem.WriteAsync(context, e.StatusCode, $"The body cannot be read: {e.Message}", "$");
            return null;
        }

        if ((body is null ? new BodyComplaint("$", "is null; an object is expected") : check(body)) is { } complaint)
        {
            await LabProblem.WriteAsync(context, StatusCodes.Status400BadRequest, $"{complaint.Path} {complaint.What}.", complaint.Path);
            return null;
        }

        return body;
    }

    private static string Describe(JsonException e)
    {
        // What the parser says of broken JSON helps; of a value of the wrong kind it names types of ours, which nobody outside knows.
        var what = e.InnerException is JsonException syntax
            ? syntax.Message[..(syntax.Message.IndexOf(" LineNumber:", StringComparison.Ordinal) is > 0 and var end ? end : syntax.Message.Length)]
            : "the value is not of the kind that is expected there.";
        return FormattableString.Invariant($"{e.Path ?? "$"} (line {(e.LineNumber ?? 0) + 1}, column {(e.BytePositionInLine ?? 0) + 1}): {what}");
    }
}

/// <summary>What is wrong with a body that is JSON of the right kinds.</summary>
/// <param name="Path">JSON path of the value.</param>
/// <param name="What">The rest of a sentence that begins with the path, without its full stop.</param>
internal sealed record BodyComplaint(string Path, string What);
