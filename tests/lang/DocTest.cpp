#include "lang/DocExamples.h"
#include "lang/DocPages.h"
#include "lang/DocText.h"
#include "lang/Html.h"

#include <gtest/gtest.h>

#include <regex>

namespace ricci::lang::test {

// ------------------------------------------------------------------ doc comments

// Blocks in brackets, code with its language: `[text]`, `[code:ricci]`.
static std::string taken(std::string_view doc) {
  std::string out;
  for (const DocBlock &block : docBlocks(doc))
    out += (block.kind == DocBlock::Kind::Code ? "<" + block.language + ":" : "[") + block.text +
           (block.kind == DocBlock::Kind::Code ? ">" : "]");
  return out;
}

TEST(DocText, Paragraphs) {
  EXPECT_EQ(taken(""), "");
  EXPECT_EQ(taken("\n \n"), "");
  EXPECT_EQ(taken("One\ntwo.\n\n\nThree."), "[One\ntwo.][Three.]");
  EXPECT_EQ(taken("- a\n    goes on"), "[- a\n    goes on]");
}

TEST(DocText, IndentedLinesAreCode) {
  EXPECT_EQ(taken("Text:\n\n    a\n\n      b\n\nMore."), "[Text:]<:a\n\n  b>[More.]");
  EXPECT_EQ(taken("    a"), "<:a>");
  EXPECT_EQ(taken("    a\nb"), "<:a>[b]");
}

TEST(DocText, FencedLinesAreCode) {
  EXPECT_EQ(taken("Text\n```\na\n\n  b\n```\nMore"), "[Text]<:a\n\n  b>[More]");
  EXPECT_EQ(taken("```ricci\na\n```\n``` text\nb\n```"), "<:a><text:b>");
  EXPECT_EQ(taken("```\na\n"), "<:a\n>"); // not closed
  EXPECT_EQ(taken("```"), "<:>");
}

TEST(DocText, Examples) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  const SourceFile &file = sources.file(sources.add(
      "f", "##\n## Äs\n##\n##     let x = 1 # ü\n# no\n##     x\n##\n## ```text\n## no\n## ```\n"
           "## ```\n## let y = 2\n## ```\n@test(fails = \"R0001\") fn f() { }\n"
           "  ##   let z = 3\nlet z = 3\n##    no\n##\n##     yes\nimport a\n"));
  auto shown = [](const DocExample &example) {
    std::string text = example.declaration + ":" + std::to_string(example.line);
    size_t line = 1;
    for (size_t at = 0; at < example.text.size(); ++line) {
      size_t end = example.text.find('\n', at);
      std::string content = example.text.substr(at, end - at);
      if (content.find_first_not_of(' ') != std::string::npos)
        text += "|" + std::to_string(line) + content;
      at = end + 1;
    }
    return text;
  };
  std::vector<std::string> all;
  for (const DocExample &example : docExamples(file))
    all.push_back(shown(example));
  EXPECT_EQ(all, (std::vector<std::string>{"f:4|4       let x = 1 # ü|6       x", "f:12|12   let y = 2",
                                           "import:19|19       yes"}));
}

// ------------------------------------------------------------------ HTML

TEST(Html, Escapes) {
  EXPECT_EQ(escapeHtml("<a href=\"x\" id='y'>&amp;</a>"),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
  EXPECT_EQ(escapeHtml(std::string_view("α\n\0\xff\x1b", 6)), "α\n\uFFFD\uFFFD\uFFFD");
}

static std::string code(std::string_view text, CodeKind kind) {
  return codeToHtml(text, kind, [](std::string_view name) { return name == "Mlp" ? std::string("m.html#\"") : ""; });
}

TEST(Html, Code) {
  EXPECT_EQ(
      code("let y[i] = sum[j](x[i,j]) # <s>", CodeKind::Program),
      R"(<span class="k">let</span> y[i] = <span class="k">sum</span>[j](x[i,j]) <span class="c"># &lt;s&gt;</span>)");
  EXPECT_EQ(
      code("f(1, 2.5, pi, \"<\", f64) < Mlp", CodeKind::Program),
      R"(f(<span class="n">1</span>, <span class="n">2.5</span>, <span class="n">pi</span>, )"
      R"(<span class="s">&quot;&lt;&quot;</span>, <span class="t">f64</span>) &lt; <a href="m.html#&quot;">Mlp</a>)");
  EXPECT_EQ(code("a ` ü \xff \"", CodeKind::Program), "a ` ü \uFFFD &quot;");
}

TEST(Html, Signatures) {
  EXPECT_EQ(
      code("@test fn f<D>(p: Mlp<D>, k: key) -> T[D+1]", CodeKind::Signature),
      R"(@<span class="k">test</span> <span class="k">fn</span> <span class="f">f</span>&lt;<span class="d">D</span>&gt;)"
      R"((p: <a class="t" href="m.html#&quot;">Mlp</a>&lt;<span class="d">D</span>&gt;, k: <span class="t">key</span>))"
      R"( -&gt; <span class="t">T</span>[<span class="d">D</span>+<span class="n">1</span>])");
  EXPECT_EQ(code("param x: T = y[i]", CodeKind::Signature),
            R"(<span class="k">param</span> <span class="f">x</span>: <span class="t">T</span> = y[i])");
}

// ------------------------------------------------------------------ pages

namespace {

class Pages : public testing::Test {
protected:
  void add(std::string name, std::string text) {
    files.push_back(&sources.file(sources.add(std::move(name), std::move(text))));
  }
  // The page with this name; empty if there is none.
  std::string page(const std::string &name) {
    for (const DocPage &page : docPages(files, diagnostics))
      if (page.name == name)
        return page.html;
    return "";
  }
  std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const DocPage &page : docPages(files, diagnostics))
      found.push_back(page.name);
    return found;
  }

  SourceManager sources;
  DiagnosticEngine diagnostics;
  std::vector<const SourceFile *> files;
};

bool contains(const std::string &text, std::string_view part) { return text.find(part) != std::string::npos; }

// The tag that is not closed, or closes nothing; empty if all nest.
std::string unbalanced(const std::string &html) {
  static const std::regex tag("<(/?)([a-z0-9]+)[^>]*>");
  std::vector<std::string> open;
  for (std::sregex_iterator at(html.begin(), html.end(), tag), end; at != end; ++at) {
    std::string name = (*at)[2];
    if (name == "meta")
      continue;
    if ((*at)[1].length() == 0)
      open.push_back(name);
    else if (open.empty() || open.back() != name)
      return "/" + name;
    else
      open.pop_back();
  }
  return open.empty() ? "" : open.back();
}

} // namespace

TEST_F(Pages, ListDocumentedAndExportedDeclarations) {
  add("lib/a.ricci", "# About\n# the file. More.\n\n## Rate.\nparam rate: f64 = 0.5\nstruct P<D> { w: f64[D] }\n"
                     "## One. See `P`, `rate` and `none`.\nfn one(p: P<D>) -> f64 { 1.0 }\n"
                     "export fn two(x: f64[N,D]) -> f64 { 1.0 }\nfn hidden() {}\n");
  std::string html = page("a.html");
  EXPECT_EQ(unbalanced(html), "");
  EXPECT_TRUE(contains(html, "<h1>lib/a.ricci</h1>\n<p>About\nthe file. More.</p>"));
  for (const char *anchor : {"param.rate", "struct.P", "fn.one", "fn.two"})
    EXPECT_TRUE(contains(html, std::string("<article id=\"") + anchor + "\">")) << anchor;
  EXPECT_FALSE(contains(html, "hidden"));
  EXPECT_TRUE(contains(html, "<p>One. See <a href=\"a.html#struct.P\"><code>P</code></a>, "
                             "<a href=\"a.html#param.rate\"><code>rate</code></a> and <code>none</code>.</p>"));
  EXPECT_TRUE(contains(html, "line 8"));
  EXPECT_TRUE(contains(html, "<dt><a href=\"a.html#fn.one\"><code>one</code></a></dt><dd>One.</dd>"));
  EXPECT_TRUE(
      contains(html, R"(<pre class="signature"><code><span class="k">export</span> <span class="k">fn</span>)"));
  EXPECT_FALSE(contains(html, "1.0"));
}

TEST_F(Pages, IndexNamesEverything) {
  add("a.ricci", "# First file. More.\n\n## F.\nfn f() {}\n");
  add("b.ricci", "## Uses `f`, `P`. And more.\nfn g() {}\nstruct P { x: f64 }\n");
  std::string html = page("index.html");
  EXPECT_EQ(unbalanced(html), "");
  EXPECT_TRUE(contains(html, "<h2><a href=\"a.html\">a.ricci</a></h2>\n<p>First file.</p>"));
  EXPECT_TRUE(contains(html, "<a href=\"b.html#fn.g\"><code>g</code></a></dt><dd>Uses <a href=\"a.html#fn.f\">"
                             "<code>f</code></a>, <a href=\"b.html#struct.P\"><code>P</code></a>.</dd>"));
}

TEST_F(Pages, LinkToTheSameFileFirstAndNeverByChance) {
  add("a.ricci", "struct P { x: f64 }\nparam D: i64\n");
  add("b.ricci", "struct P { x: f64 }\nexport fn f(p: P, x: f64[D]) {}\n");
  add("c.ricci", "export fn f(p: P) {}\n");
  EXPECT_TRUE(contains(page("b.html"), "<a class=\"t\" href=\"b.html#struct.P\">P</a>"));
  EXPECT_TRUE(contains(page("b.html"), "<span class=\"d\">D</span>"));
  EXPECT_TRUE(contains(page("c.html"), "<span class=\"t\">P</span>"));
}

TEST_F(Pages, ShowExamples) {
  add("a.ricci",
      "## Text:\n##\n##     let y = f(1.0)  # <b>\n##\n## ```text\n## let\n## ```\nfn f(x: f64) -> f64 { x }\n");
  EXPECT_TRUE(contains(page("a.html"),
                       R"(<pre><code><span class="k">let</span> y = <a href="a.html#fn.f">f</a>()"
                       R"(<span class="n">1.0</span>)  <span class="c"># &lt;b&gt;</span></code></pre>)"));
  EXPECT_TRUE(contains(page("a.html"), "<pre><code>let</code></pre>"));
}

TEST_F(Pages, SayNothingThatTheTextSays) {
  std::string hostile = "</p></code></style><script>alert('&amp;\"')</script><img src=x onerror=y>";
  add("</title><script>\"'&.ricci", "# " + hostile + "\n\n## " + hostile + " `" + hostile + "`\n##\n##     " + hostile +
                                        "\n##\n## ```" + hostile + "\n## " + hostile + "\n## ```\n## `\xff\x01\n" +
                                        "param x: f64 = f(\"" + std::string("</code><script>") + "\") # " + hostile +
                                        "\n");
  std::vector<std::string> found = names();
  ASSERT_EQ(found.size(), 2u) << render(sources, diagnostics);
  EXPECT_TRUE(std::regex_match(found[1], std::regex("[A-Za-z0-9_-]+[.]html"))) << found[1];
  for (const std::string &name : found) {
    std::string html = page(name);
    EXPECT_EQ(unbalanced(html), "") << name;
    for (const char *bad : {"<script", "<img", "</title><", "\x01", "\xff"})
      EXPECT_FALSE(contains(html, bad)) << name << " contains " << bad;
  }
  EXPECT_TRUE(contains(page(found[1]), "&lt;script&gt;alert(&#39;&amp;amp;&quot;&#39;)"));
}

TEST_F(Pages, NeedNothingElse) {
  add("a.ricci", "## F.\nfn f() {}\n");
  for (const char *name : {"index.html", "a.html"}) {
    std::string html = page(name);
    EXPECT_TRUE(html.starts_with("<!DOCTYPE html>"));
    EXPECT_TRUE(contains(html, "<meta charset=\"utf-8\">"));
    EXPECT_TRUE(contains(html, "prefers-color-scheme: dark"));
    for (const char *outside : {"http", "src=", "<link", "@import", "url("})
      EXPECT_FALSE(contains(html, outside)) << outside;
  }
}

TEST_F(Pages, HaveNamesOfTheirOwn) {
  add("a.ricci", "");
  add("sub/a.ricci", "");
  add("index.ricci", "");
  add("<stdin>", "");
  add("..", "");
  EXPECT_EQ(names(),
            (std::vector<std::string>{"index.html", "a.html", "a-2.html", "index-2.html", "_stdin_.html", "_.html"}));
  EXPECT_TRUE(contains(page("a.html"), "Nothing in this file is documented"));
}

TEST_F(Pages, AreNotMadeOfFaultyFiles) {
  add("a.ricci", "let x =\n");
  add("b.ricci", "let = 1\n");
  EXPECT_TRUE(names().empty());
  EXPECT_EQ(diagnostics.errorCount(), 2u);
}

} // namespace ricci::lang::test
