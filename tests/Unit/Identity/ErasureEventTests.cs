using System.Text.Json;
using Back2Code.Identity.Erasing;
using Back2Code.Messaging;
using Back2Code.UnitTests.Notes;

namespace Back2Code.UnitTests.Identity;

/// <summary>What identity, notes and notifications say to each other about erasures is what docs/events promises.</summary>
public sealed class ErasureEventTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Erasure = Guid.CreateVersion7(At);
    private static readonly Guid User = Guid.CreateVersion7(At);

    [Fact]
    public void The_request_keeps_its_schema_and_both_services_read_it()
    {
        CloudEvent request = ErasureEvents.Request(Erasure, User, At);

        Assert.Empty(JsonSchema.Load("docs/events/user.erasure-requested.json").Violations(JsonSerializer.SerializeToNode(request, JsonSerializerOptions.Web)));
        Assert.Equal((Erasure, $"{User}"), (Back2Code.Notes.Erasing.RequestedErasure.Read(request).ErasureId, Back2Code.Notes.Erasing.RequestedErasure.Read(request).OwnerId));
        Assert.Equal((Erasure, $"{User}"), (Back2Code.Notifications.Erasing.RequestedErasure.Read(request).ErasureId, Back2Code.Notifications.Erasing.RequestedErasure.Read(request).OwnerId));
    }

    [Fact]
    public void The_answers_keep_their_schema_and_identity_reads_them()
    {
        var request = ErasureEvents.Request(Erasure, User, At);
        CloudEvent[] answers =
        [
            Back2Code.Notes.Erasing.RequestedErasure.Read(request).Answer("/services/notes", "notes", new Dictionary<string, long> { ["notes"] = 3 }, At),
            Back2Code.Notifications.Erasing.RequestedErasure.Read(request).Answer("/services/notifications", "notifications", new Dictionary<string, long> { ["notifications"] = 3 }, At),
        ];

        Assert.All(answers, answer =>
        {
            Assert.Empty(JsonSchema.Load("docs/events/user.erased.json").Violations(JsonSerializer.SerializeToNode(answer, JsonSerializerOptions.Web)));
            var read = ErasedEvent.Read(answer);
            Assert.Equal((Erasure, 3), (read.ErasureId, Assert.Single(read.Counts).Value));
        });
    }

    [Theory]
    [InlineData("/services/notes", """{"erasureId":"0190163d-8694-739b-aea5-966c26f8ad91","service":"notifications","counts":{}}""")]
    [InlineData("/services/../notes", """{"erasureId":"0190163d-8694-739b-aea5-966c26f8ad91","service":"../notes","counts":{}}""")]
    [InlineData("/services/notes", """{"erasureId":"x","service":"notes","counts":{}}""")]
    [InlineData("/services/notes", """{"erasureId":"0190163d-8694-739b-aea5-966c26f8ad91","service":"notes"}""")]
    [InlineData("/services/notes", """{"erasureId":"0190163d-8694-739b-aea5-966c26f8ad91","service":"notes","counts":{"":1}}""")]
    [InlineData("/services/notes", "null")]
    public void An_answer_that_breaks_a_rule_is_poison(string source, string data) =>
        Assert.Throws<PoisonMessageException>(() => ErasedEvent.Read(new CloudEvent("1", source, ErasureEvents.Erased, "", At, JsonElement.Parse(data))));

    [Theory]
    [InlineData("jobs", "/v1/jobs/export", true)]
    [InlineData("identity", "/v1/x/export", false)]
    [InlineData("Jobs", "/v1/jobs/export", false)]
    [InlineData("jobs", "https://elsewhere.test/", false)]
    public void Who_holds_personal_data_is_a_line_of_settings(string name, string path, bool isGood) =>
        Assert.Equal(isGood, PersonalDataServices.IsValid(new(name, path)));
}
