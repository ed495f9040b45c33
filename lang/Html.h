// Text and code as HTML.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace ricci::lang {

// For text and for quoted attributes. What is no UTF-8 and control characters become U+FFFD.
std::string escapeHtml(std::string_view text);

// The address of what a name stands for, empty if it has none.
using LinkTo = std::function<std::string(std::string_view name)>;

enum class CodeKind { Program, Signature };

// Ricci code with its words in classes: `k` keywords, `t` types, `d` dimensions, `n` numbers, `s` strings, `c`
// comments; names that have an address are links. Types and dimensions that are names are told apart in signatures
// only, where `f` is what is declared.
std::string codeToHtml(std::string_view code, CodeKind kind, const LinkTo &linkTo);

} // namespace ricci::lang
