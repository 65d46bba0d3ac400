using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.JsonPaths;

namespace Back2Code.UnitTests.Experiments;

/// <summary>The examples of RFC 9535, table by table, and what its grammar rules out.</summary>
public sealed class JsonPathRfcTests
{
    private const string Store = """
        {"store": {"book": [
            {"category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95},
            {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99},
            {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3", "price": 8.99},
            {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings", "isbn": "0-395-19395-8", "price": 22.99}],
          "bicycle": {"color": "red", "price": 399}}}
        """;

    private const string Letters = """["a", "b", "c", "d", "e", "f", "g"]""";
    private const string Filtered = """{"a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}], "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}}, "e": "f"}""";
    private const string Nested = """{"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]}""";
    private const string Nulls = """{"a": null, "b": [null], "c": [{}], "null": 1}""";

    [Theory]
    [InlineData("$.store.book[*].author", """["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"]""")]
    [InlineData("$..author", """["Nigel Rees","Evelyn Waugh","Herman Melville","J. R. R. Tolkien"]""")]
    [InlineData("$.store..price", "[8.95,12.99,8.99,22.99,399]")]
    [InlineData("$..book[2].title", """["Moby Dick"]""")]
    [InlineData("$..book[2].publisher", "[]")]
    [InlineData("$..book[-1].title", """["The Lord of the Rings"]""")]
    [InlineData("$..book[0,1].title", """["Sayings of the Century","Sword of Honour"]""")]
    [InlineData("$..book[:2].title", """["Sayings of the Century","Sword of Honour"]""")]
    [InlineData("$..book[?@.isbn].title", """["Moby Dick","The Lord of the Rings"]""")]
    [InlineData("$..book[?@.price<10].title", """["Sayings of the Century","Moby Dick"]""")]
    public void Table_2_the_bookstore(string path, string expected) => Finds(Store, path, expected);

    [Fact]
    public void Table_2_everything_below_the_root_has_as_many_nodes_as_the_document() =>
        Assert.Equal(27, JsonPath.Parse("$..*").Select(JsonNode.Parse(Store)).Count);

    [Theory]
    [InlineData("$.o['j j']", """[{"k.k":3}]""")]
    [InlineData("$.o['j j']['k.k']", "[3]")]
    [InlineData("""$.o["j j"]["k.k"]""", "[3]")]
    [InlineData("""$["'"]["@"]""", "[2]")]
    public void Table_5_name_selectors(string path, string expected) => Finds("""{"o": {"j j": {"k.k": 3}}, "'": {"@": 2}}""", path, expected);

    [Theory]
    [InlineData("$[*]", """[{"j":1,"k":2},[5,3]]""")]
    [InlineData("$.o[*]", "[1,2]")]
    [InlineData("$.o[*, *]", "[1,2,1,2]")]
    [InlineData("$.a[*]", "[5,3]")]
    public void Table_6_wildcards(string path, string expected) => Finds("""{"o": {"j": 1, "k": 2}, "a": [5, 3]}""", path, expected);

    [Theory]
    [InlineData("$[1]", """["b"]""")]
    [InlineData("$[-2]", """["f"]""")]
    [InlineData("$[7]", "[]")]
    [InlineData("$[-8]", "[]")]
    [InlineData("$[1:3]", """["b","c"]""")]
    [InlineData("$[5:]", """["f","g"]""")]
    [InlineData("$[1:5:2]", """["b","d"]""")]
    [InlineData("$[5:1:-2]", """["f","d"]""")]
    [InlineData("$[::-1]", """["g","f","e","d","c","b","a"]""")]
    [InlineData("$[::0]", "[]")]
    [InlineData("$[-3:]", """["e","f","g"]""")]
    [InlineData("$[:-5]", """["a","b"]""")]
    [InlineData("$[9007199254740991:-9007199254740991:-9007199254740991]", """["g"]""")]
    [InlineData("$[0, 3]", """["a","d"]""")]
    [InlineData("$[0:2, 5]", """["a","b","f"]""")]
    [InlineData("$[0, 0]", """["a","a"]""")]
    [InlineData("$ [ 1 : 3 ]", """["b","c"]""")]
    public void Tables_7_9_and_15_positions_and_slices(string path, string expected) => Finds(Letters, path, expected);

    [Theory]
    [InlineData("$.absent1 == $.absent2", true)]
    [InlineData("$.absent1 <= $.absent2", true)]
    [InlineData("$.absent == 'g'", false)]
    [InlineData("$.absent1 != $.absent2", false)]
    [InlineData("$.absent != 'g'", true)]
    [InlineData("1 <= 2", true)]
    [InlineData("1 > 2", false)]
    [InlineData("13 == '13'", false)]
    [InlineData("'a' <= 'b'", true)]
    [InlineData("'a' > 'b'", false)]
    [InlineData("$.obj == $.arr", false)]
    [InlineData("$.obj != $.arr", true)]
    [InlineData("$.obj == $.obj", true)]
    [InlineData("$.obj != $.obj", false)]
    [InlineData("$.arr == $.arr", true)]
    [InlineData("$.arr != $.arr", false)]
    [InlineData("$.obj == 17", false)]
    [InlineData("$.obj != 17", true)]
    [InlineData("$.obj <= $.arr", false)]
    [InlineData("$.obj < $.arr", false)]
    [InlineData("$.obj <= $.obj", true)]
    [InlineData("$.arr <= $.arr", true)]
    [InlineData("1 <= $.arr", false)]
    [InlineData("1 >= $.arr", false)]
    [InlineData("1 > $.arr", false)]
    [InlineData("1 < $.arr", false)]
    [InlineData("true <= true", true)]
    [InlineData("true > true", false)]
    [InlineData("'\\uE000' < '\\uD83D\\uDE00'", true)]
    public void Table_11_comparisons(string comparison, bool holds)
    {
        var found = JsonPath.Parse($"$[?{comparison}]").Select(JsonNode.Parse("""{"obj": {"x": "y"}, "arr": [2, 3]}"""));

        Assert.Equal(holds ? 2 : 0, found.Count);
    }

    [Theory]
    [InlineData("$.a[?@.b == 'kilo']", """[{"b":"kilo"}]""")]
    [InlineData("$.a[?(@.b == 'kilo')]", """[{"b":"kilo"}]""")]
    [InlineData("$.a[?@>3.5]", "[5,4,6]")]
    [InlineData("$.a[?@.b]", """[{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]""")]
    [InlineData("$[?@[?@.b]]", """[[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]]""")]
    [InlineData("$.o[?@<3, ?@<3]", "[1,2,1,2]")]
    [InlineData("""$.a[?@<2 || @.b == "k"]""", """[1,{"b":"k"}]""")]
    [InlineData("""$.a[?match(@.b, "[jk]")]""", """[{"b":"j"},{"b":"k"}]""")]
    [InlineData("""$.a[?search(@.b, "[jk]")]""", """[{"b":"j"},{"b":"k"},{"b":"kilo"}]""")]
    [InlineData("$.o[?@>1 && @<4]", "[2,3]")]
    [InlineData("$.o[?@.u || @.x]", """[{"u":6}]""")]
    [InlineData("$.a[?@.b == $.x]", "[3,5,1,2,4,6]")]
    [InlineData("$.a[?@ == @]", """[3,5,1,2,4,6,{"b":"j"},{"b":"k"},{"b":{}},{"b":"kilo"}]""")]
    [InlineData("$.a[?!@.b && @ < 3]", "[1,2]")]
    [InlineData("$.a[?!(@ < 6 || @.b)]", "[6]")]
    [InlineData("$.a[?length(@.b) == 4]", """[{"b":"kilo"}]""")]
    [InlineData("$[?count(@.*) == 5]", """[{"p":1,"q":2,"r":3,"s":5,"t":{"u":6}}]""")]
    [InlineData("$[?value(@..u) == 6]", """[{"p":1,"q":2,"r":3,"s":5,"t":{"u":6}}]""")]
    public void Table_12_filters(string path, string expected) => Finds(Filtered, path, expected);

    [Theory]
    [InlineData("$..j", "[1,4]")]
    [InlineData("$..[0]", """[5,{"j":4}]""")]
    [InlineData("$..o", """[{"j":1,"k":2}]""")]
    [InlineData("$.o..[*, *]", "[1,2,1,2]")]
    [InlineData("$.a..[0, 1]", """[5,3,{"j":4},{"k":6}]""")]
    public void Table_16_descendants(string path, string expected) => Finds(Nested, path, expected);

    [Theory]
    [InlineData("$.a", "[null]")]
    [InlineData("$.a[0]", "[]")]
    [InlineData("$.a.d", "[]")]
    [InlineData("$.b[0]", "[null]")]
    [InlineData("$.b[*]", "[null]")]
    [InlineData("$.b[?@]", "[null]")]
    [InlineData("$.b[?@==null]", "[null]")]
    [InlineData("$.c[?@.d==null]", "[]")]
    [InlineData("$.null", "[1]")]
    public void Table_17_null_is_a_value_and_not_nothing(string path, string expected) => Finds(Nulls, path, expected);

    [Theory]
    [InlineData("$[?length(@) < 3]")]
    [InlineData("$[?count(@.*) == 1]")]
    [InlineData("$[?match(@.timezone, 'Europe/.*')]")]
    [InlineData("""$[?value(@..color) == "red"]""")]
    public void Table_13_well_typed_calls(string path) => Assert.NotNull(JsonPath.Parse(path));

    [Theory]
    [InlineData("$[?length(@.*) < 3]")]
    [InlineData("$[?count(1) == 1]")]
    [InlineData("$[?count(foo(@.*)) == 1]")]
    [InlineData("$[?match(@.timezone, 'Europe/.*') == true]")]
    [InlineData("$[?value(@..color)]")]
    [InlineData("$[?length(@)]")]
    [InlineData("$[?match(@.a)]")]
    [InlineData("$[?@.* == 1]")]
    [InlineData("$[?@..a == 1]")]
    [InlineData("$[?@[0:1] == 1]")]
    [InlineData("$[?'a']")]
    [InlineData("$[?true]")]
    public void Table_13_what_is_not_well_typed_is_no_query(string path) => Refused(path);

    [Theory]
    [InlineData("")]
    [InlineData(" $")]
    [InlineData("$ ")]
    [InlineData("$.")]
    [InlineData("$..")]
    [InlineData("$.&")]
    [InlineData("$.1")]
    [InlineData("$.a-b")]
    [InlineData("$. a")]
    [InlineData("$[]")]
    [InlineData("$[0 2]")]
    [InlineData("$[01]")]
    [InlineData("$[-0]")]
    [InlineData("$[9007199254740992]")]
    [InlineData("$[1.0]")]
    [InlineData("$['a]")]
    [InlineData("$['\\q']")]
    [InlineData("$['\\\"']")]
    [InlineData("$['\\ud800']")]
    [InlineData("$['\\ud800\\u0041']")]
    [InlineData("$['\t']")]
    [InlineData("$[?@.a=1]")]
    [InlineData("$[?@.a==01]")]
    [InlineData("$[?@.a==1.]")]
    [InlineData("$[?@.a==.5]")]
    [InlineData("$[?@.a==nil]")]
    [InlineData("$[?(@.a]")]
    [InlineData("$[?@.a==(1)]")]
    [InlineData("$[?!@.a==1]")]
    [InlineData("$[?count (@.*)==1]")]
    [InlineData("$[?1e999==1]")]
    [InlineData("a.b")]
    [InlineData("@.a")]
    public void What_the_grammar_rules_out_is_refused_with_its_position(string path) => Refused(path);

    [Theory]
    [InlineData("$['\\u263a']", "☺")]
    [InlineData("$['\\ud83d\\ude00']", "😀")]
    [InlineData("$['\\'\\\\\\/\\n']", "'\\/\n")]
    [InlineData("$.☺", "☺")]
    [InlineData("$.😀", "😀")]
    public void Names_may_hold_any_character(string path, string key) => Finds(new JsonObject { [key] = 1 }.ToJsonString(), path, "[1]");

    [Theory]
    [InlineData("a.c", "abc", true)]
    [InlineData("a.c", "a\nc", false)]
    [InlineData("a.c", "a\rc", false)]
    [InlineData("a.c", "a😀c", true)]
    [InlineData("[a.]c", ".c", true)]
    [InlineData("\\\\.", "x", false)]
    [InlineData("b", "abc", false)]
    [InlineData("(", "x", false)]
    public void Match_is_of_the_whole_text_and_a_dot_is_no_line_end(string pattern, string text, bool matches)
    {
        var found = JsonPath.Parse($"$[?match(@, '{pattern}')]").Select(new JsonArray(text));

        Assert.Equal(matches ? 1 : 0, found.Count);
    }

    [Fact]
    public void A_path_that_would_visit_a_document_for_ever_ends_with_an_error()
    {
        var deep = JsonNode.Parse(string.Concat(Enumerable.Repeat("[[1,2],", 25)) + "1" + new string(']', 25));

        Assert.Throws<JsonPathLimitException>(() => JsonPath.Parse("$" + string.Concat(Enumerable.Repeat("..[*]", 12))).Select(deep));
    }

    [Fact]
    public void Brackets_in_brackets_have_an_end() => Refused("$" + string.Concat(Enumerable.Repeat("[?@", 5_000)));

    private static void Finds(string document, string path, string expected)
    {
        var found = new JsonArray([.. JsonPath.Parse(path).Select(JsonNode.Parse(document)).Select(m => m?.DeepClone())]);

        Assert.Equal(expected, found.ToJsonString(new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    private static void Refused(string path)
    {
        var error = Assert.Throws<FormatException>(() => JsonPath.Parse(path));

        Assert.True(path.Length == 0 || error.Message.Contains("at position", StringComparison.Ordinal), error.Message);
    }
}
