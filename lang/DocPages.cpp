#include "lang/DocPages.h"
#include "lang/DocText.h"
#include "lang/Formatter.h"
#include "lang/Html.h"
#include "lang/Lexer.h"
#include "lang/Parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace ricci::lang {

namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --text: #1f2328; --muted: #59636e; --page: #ffffff; --code: #f6f8fa;
  --line: #d1d9e0; --link: #0969da; --k: #cf222e; --t: #0550ae; --d: #8250df; --n: #0a5c9e; --s: #0a3069; --c: #59636e; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --muted: #9198a1; --page: #0d1117; --code: #161b22;
    --line: #30363d; --link: #4493f8; --k: #ff7b72; --t: #79c0ff; --d: #d2a8ff; --n: #79c0ff; --s: #a5d6ff; --c: #9198a1; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 58rem; padding: 1.5rem; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, sans-serif; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus { text-decoration: underline; }
h1 { font-size: 1.7rem; margin: 0.5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 0.8rem; padding-bottom: 0.3rem; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 0.875em; }
pre code { font-size: 1em; }
p code { background: var(--code); padding: 0.1em 0.3em; border-radius: 4px; }
pre { background: var(--code); padding: 0.7rem 0.9rem; border-radius: 6px; overflow-x: auto; line-height: 1.45; margin: 0.8rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.2rem; margin: 0.8rem 0; }
dd { margin: 0; color: var(--muted); }
article { margin: 1.6rem 0; scroll-margin-top: 1rem; }
article:target > .signature { outline: 2px solid var(--link); }
.signature { border-left: 3px solid var(--line); }
article > :not(.signature) { margin-left: 1rem; }
.place { color: var(--muted); font-size: 0.85rem; margin: -0.4rem 0 0.6rem; }
.k { color: var(--k); } .t { color: var(--t); } .d { color: var(--d); } .n { color: var(--n); } .s { color: var(--s); }
.c { color: var(--c); } .f { font-weight: 600; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin: 0 0 0.6rem 1rem; } }
)";

struct Item {
  std::string_view kind; // `param`, `struct` or `fn`
  std::string name;
  std::string doc;
  std::string signature;
  uint32_t line;

  std::string anchor() const { return fmt::format("{}.{}", kind, name); }
};

// What a page is made of.
struct Chapter {
  const SourceFile *file;
  std::string page;
  std::string about; // the comment at the top of the file
  std::vector<Item> items;
};

constexpr std::pair<std::string_view, std::string_view> kSections[] = {
    {"param", "Parameters"}, {"struct", "Structs"}, {"fn", "Functions"}};

// ------------------------------------------------------------------ from the file to its items

// A declaration without its body, in the one format.
std::string signatureOf(const SourceFile &file, uint32_t begin, uint32_t end, std::string_view body) {
  SourceManager sources;
  DiagnosticEngine faults;
  std::string text = std::string(file.text().substr(begin, end - begin)) + std::string(body);
  std::string formatted = format(sources.file(sources.add("", std::move(text))), faults).value();
  formatted.erase(formatted.find_last_not_of(" \n", formatted.size() - body.size() - 2) + 1);
  return formatted;
}

std::vector<Item> itemsOf(const SourceFile &file, const ast::Module &module) {
  std::vector<Item> items;
  auto add = [&](std::string_view kind, const ast::Ident &name, const std::string &doc, Span span,
                 std::string_view body = "") {
    items.push_back(
        {kind, name.text, doc, signatureOf(file, span.begin, span.end, body), file.lineAt(name.span.begin)});
  };
  for (const ast::StmtPtr &stmt : module.script)
    if (const auto *param = ast::dynAs<ast::ParamStmt>(stmt.get()))
      add("param", param->name, param->doc, param->span);
  for (const ast::StructDecl &decl : module.structs)
    add("struct", decl.name, decl.doc, decl.span);
  for (const ast::FnDecl &fn : module.functions)
    if (fn.exported || !fn.doc.empty())
      add("fn", fn.name, fn.doc, {file.id(), fn.span.begin, fn.body.span.begin}, "{}");
  return items;
}

// The lines of the comment before everything else, up to a blank line.
std::string aboutOf(const SourceFile &file) {
  DiagnosticEngine faults;
  std::string about;
  uint32_t line = 0;
  for (const Comment &comment : lex(file, faults).comments) {
    std::string_view text = file.text().substr(comment.begin, comment.end - comment.begin);
    uint32_t at = file.lineAt(comment.begin);
    if (text.starts_with("#!"))
      continue;
    if (comment.token > 0 || text.starts_with("##") || (line != 0 && at != line + 1))
      break;
    line = at;
    text.remove_prefix(text.starts_with("# ") ? 2 : 1);
    about += (about.empty() ? "" : "\n") + std::string(text);
  }
  return about;
}

// The file's name without folder and ending, made safe and unlike those before.
std::string pageName(std::string_view path, std::set<std::string> &taken) {
  path.remove_prefix(path.rfind('/') + 1);
  std::string stem(path.substr(0, path.rfind('.')));
  auto isSafe = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  std::ranges::replace_if(stem, [&](char c) { return !isSafe(c); }, '_');
  stem = stem.substr(0, 100);
  std::string name = stem + ".html";
  for (int number = 2; !taken.insert(name).second; ++number)
    name = fmt::format("{}-{}.html", stem, number);
  return name;
}

// ------------------------------------------------------------------ from the items to pages

std::string frame(std::string_view title, std::string_view body) {
  return fmt::format(R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{}</title>
<style>{}</style>
</head>
<body>
{}</body>
</html>
)",
                     escapeHtml(title), kStyle, body);
}

class Book {
public:
  explicit Book(std::vector<Chapter> chapters) : chapters_(std::move(chapters)) {
    for (const Chapter &chapter : chapters_)
      for (const Item &item : chapter.items)
        if (auto &all = declarations_[item.name]; all.empty() || all.back().chapter != &chapter)
          all.push_back({&chapter, &item});
  }

  std::vector<DocPage> pages() const {
    std::vector<DocPage> pages{{"index.html", frame("Index", index())}};
    for (const Chapter &chapter : chapters_)
      pages.push_back({chapter.page, frame(chapter.file->name(), page(chapter))});
    return pages;
  }

private:
  struct Declaration {
    const Chapter *chapter;
    const Item *item;
  };

  std::string index() const;
  std::string page(const Chapter &chapter) const;
  std::string contents(const Chapter &chapter) const;
  std::string article(const Chapter &chapter, const Item &item) const;
  std::string blocks(const Chapter &chapter, std::string_view text, bool examples) const;
  std::string inlineText(const Chapter &from, std::string_view text) const;
  std::string summary(const Chapter &from, std::string_view doc) const;
  std::string addressOf(const Chapter &from, std::string_view name, bool params) const;

  std::vector<Chapter> chapters_;
  std::map<std::string, std::vector<Declaration>, std::less<>> declarations_; // the first one of each file
};

// Of the declaration in the same file, or else of the only one; `params`: also of a param, of the same file. The page
// is named, since the index shows texts of all pages.
std::string Book::addressOf(const Chapter &from, std::string_view name, bool params) const {
  auto found = declarations_.find(name);
  if (found == declarations_.end())
    return "";
  const Declaration *meant = nullptr;
  bool several = false;
  for (const Declaration &declaration : found->second) {
    bool own = declaration.chapter == &from;
    if (declaration.item->kind == "param" && !(params && own))
      continue;
    several = !own && meant != nullptr;
    meant = &declaration;
    if (own)
      break;
  }
  return meant && !several ? fmt::format("{}#{}", meant->chapter->page, meant->item->anchor()) : "";
}

// What stands between two backquotes is code.
std::string Book::inlineText(const Chapter &from, std::string_view text) const {
  std::string out;
  for (size_t open; (open = text.find('`')) != std::string_view::npos;) {
    size_t close = text.find('`', open + 1);
    if (close == std::string_view::npos)
      break;
    std::string_view code = text.substr(open + 1, close - open - 1);
    std::string address = addressOf(from, code, /*params=*/true);
    std::string shown = fmt::format("<code>{}</code>", escapeHtml(code));
    out += escapeHtml(text.substr(0, open));
    out += address.empty() ? shown : fmt::format(R"(<a href="{}">{}</a>)", escapeHtml(address), shown);
    text.remove_prefix(close + 1);
  }
  return out + escapeHtml(text);
}

// The first sentence.
std::string Book::summary(const Chapter &from, std::string_view doc) const {
  for (const DocBlock &block : docBlocks(doc)) {
    if (block.kind != DocBlock::Kind::Paragraph)
      continue;
    std::string_view text = block.text;
    size_t end = std::min(text.find(". "), text.find(".\n"));
    return inlineText(from, text.substr(0, end == std::string_view::npos ? end : end + 1));
  }
  return "";
}

// `examples`: code is Ricci unless it says otherwise.
std::string Book::blocks(const Chapter &chapter, std::string_view text, bool examples) const {
  auto linkTo = [&](std::string_view name) { return addressOf(chapter, name, /*params=*/false); };
  std::string out;
  for (const DocBlock &block : docBlocks(text))
    if (block.kind == DocBlock::Kind::Paragraph)
      out += fmt::format("<p>{}</p>\n", inlineText(chapter, block.text));
    else if (examples && block.language.empty())
      out += fmt::format("<pre><code>{}</code></pre>\n", codeToHtml(block.text, CodeKind::Program, linkTo));
    else
      out += fmt::format("<pre><code>{}</code></pre>\n", escapeHtml(block.text));
  return out;
}

std::string Book::article(const Chapter &chapter, const Item &item) const {
  auto linkTo = [&](std::string_view name) { return addressOf(chapter, name, /*params=*/false); };
  return fmt::format(R"(<article id="{}">
<pre class="signature"><code>{}</code></pre>
<p class="place">line {}</p>
{}</article>
)",
                     escapeHtml(item.anchor()), codeToHtml(item.signature, CodeKind::Signature, linkTo), item.line,
                     blocks(chapter, item.doc, /*examples=*/true));
}

// A line for each item.
std::string Book::contents(const Chapter &chapter) const {
  std::string out = "<dl>\n";
  for (const auto &[kind, title] : kSections)
    for (const Item &item : chapter.items)
      if (item.kind == kind)
        out += fmt::format(R"(<dt><a href="{}#{}"><code>{}</code></a></dt><dd>{}</dd>)"
                           "\n",
                           chapter.page, escapeHtml(item.anchor()), escapeHtml(item.name), summary(chapter, item.doc));
  return out + "</dl>\n";
}

std::string Book::page(const Chapter &chapter) const {
  std::string out = R"(<nav><a href="index.html">Index</a></nav>
)";
  out += fmt::format("<h1>{}</h1>\n{}", escapeHtml(chapter.file->name()),
                     blocks(chapter, chapter.about, /*examples=*/false));
  if (chapter.items.empty())
    return out + "<p>Nothing in this file is documented or exported.</p>\n";
  out += contents(chapter);
  for (const auto &[kind, title] : kSections) {
    std::string articles;
    for (const Item &item : chapter.items)
      if (item.kind == kind)
        articles += article(chapter, item);
    if (!articles.empty())
      out += fmt::format("<h2>{}</h2>\n{}", title, articles);
  }
  return out;
}

std::string Book::index() const {
  std::string out = "<h1>Index</h1>\n";
  for (const Chapter &chapter : chapters_) {
    std::string name = escapeHtml(chapter.file->name());
    out += fmt::format(R"(<h2><a href="{}">{}</a></h2>)"
                       "\n<p>{}</p>\n{}",
                       chapter.page, name, summary(chapter, chapter.about), contents(chapter));
  }
  return out;
}

} // namespace

std::vector<DocPage> docPages(const std::vector<const SourceFile *> &files, DiagnosticEngine &diagnostics) {
  std::vector<Chapter> chapters;
  std::set<std::string> taken{"index.html"};
  for (const SourceFile *file : files) {
    ast::Module module = parseFile(*file, diagnostics);
    if (!diagnostics.hasErrors())
      chapters.push_back({file, pageName(file->name(), taken), aboutOf(*file), itemsOf(*file, module)});
  }
  if (diagnostics.hasErrors())
    return {};
  return Book(std::move(chapters)).pages();
}

} // namespace ricci::lang
