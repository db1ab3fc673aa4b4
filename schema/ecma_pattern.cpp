#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "pipeline/text.hpp"
#include "schema/pattern.hpp"
#include "schema/pattern_cursor.hpp"
#include "schema/pattern_escape.hpp"

namespace td {
namespace {

constexpr auto no_character = pattern_cursor::no_character;

/// RE2 repeats nothing more often, nested repetitions multiplied (re2/parse.cc).
constexpr unsigned max_repetitions = 1000;

// `.` of ECMAScript: no line terminator.
constexpr std::string_view no_line_end = R"([^\n\r\x{2028}\x{2029}])";
constexpr std::string_view nothing = R"([^\x{0}-\x{10ffff}])";
constexpr std::string_view anything = R"([\x{0}-\x{10ffff}])";

/// One character for RE2, inside and outside of a class.
void append_literal(std::string& out, char32_t c) {
  if (is_letter(c) || is_digit(c) || c == '_') {
    out += static_cast<char>(c);
  } else if (c > ' ' && c < 0x7f) {
    out += '\\';
    out += static_cast<char>(c);
  } else {
    fmt::format_to(std::back_inserter(out), R"(\x{{{:x}}})", static_cast<std::uint32_t>(c));
  }
}

/// Reads an ECMAScript pattern by the grammar of ECMA-262, section 22.2.1, with +UnicodeMode, and
/// writes RE2's. Every function reads what it is named after, writes it, and is false after a
/// failure, which is kept.
class translator {
 public:
  explicit translator(std::u32string text) : in_{std::move(text)} {}

  result<std::string> run() {
    unsigned repetitions = 1;
    if (!disjunction(repetitions)) return in_.kept_failure();
    if (in_.sees(')')) {
      in_.fail(in_.place(), "\")\" closes no group; write \"\\)\" for the character");
      return in_.kept_failure();
    }
    return std::move(out_);
  }

 private:
  // -- the grammar; `repetitions` is the largest product of nested counts ---

  bool disjunction(unsigned& repetitions) {
    while (!in_.done() && !in_.sees(')')) {
      if (in_.take('|')) {
        out_ += '|';
        continue;
      }
      unsigned of_term = 1;
      if (!term(of_term)) return false;
      repetitions = std::max(repetitions, of_term);
    }
    return true;
  }

  bool term(unsigned& repetitions) {
    auto const begin = in_.place();
    if (assertion()) {
      if (is_one_of("*+?{", in_.peek())) {
        return in_.fail(in_.place(),
                        fmt::format(R"({} takes no width and is not repeated; leave out "{}")",
                                    in_.since(begin), static_cast<char>(in_.peek())));
      }
      return true;
    }
    return atom(repetitions) && quantifier(repetitions);
  }

  bool assertion() {
    if (in_.take('^')) {
      out_ += R"(\A)";
    } else if (in_.take('$')) {
      out_ += R"(\z)";
    } else if (in_.sees(UR"(\b)") || in_.sees(UR"(\B)")) {
      out_ += in_.peek(1) == 'b' ? R"(\b)" : R"(\B)";
      in_.skip(2);
    } else {
      return false;
    }
    return true;
  }

  bool atom(unsigned& repetitions) {
    auto const begin = in_.place();
    auto const c = in_.next();
    switch (c) {
      case '(':
        return group(begin, repetitions);
      case '[':
        return character_class(begin);
      case '.':
        out_ += no_line_end;
        return true;
      case '\\':
        return atom_escape(begin);
      case '*':
      case '+':
      case '?':
        return in_.fail(begin,
                        fmt::format(R"(there is nothing that "{0}" could repeat; write "\{0}" )"
                                    "for the character",
                                    static_cast<char>(c)));
      case '{':
        return in_.fail(begin, R"(a lone "{"; write "\{" for the character, or {n}, {n,}, {n,m})");
      case '}':
        return in_.fail(begin, R"(a lone "}"; write "\}" for the character)");
      case ']':
        if (ends_posix_class(begin)) {
          return in_.fail(begin, R"(a lone "]"; ECMAScript has no classes like [:alpha:], write )"
                                 R"([A-Za-z] or \p{L})");
        }
        return in_.fail(begin, R"(a lone "]"; write "\]" for the character)");
      default:
        append_literal(out_, c);
        return true;
    }
  }

  /// Whether the "]" there may end a POSIX class, as in "[[:alpha:]]".
  bool ends_posix_class(std::size_t place) {
    if (place < 2) return false;
    in_.go_to(place - 2);
    auto const ends = in_.sees(U":]]");
    in_.go_to(place + 1);
    return ends;
  }

  bool group(std::size_t begin, unsigned& repetitions) {
    if (in_.take('?') && !group_kind(begin)) return false;
    out_ += "(?:";  // nobody asks what a group matched
    if (!disjunction(repetitions)) return false;
    if (!in_.take(')'))
      return in_.fail(begin, R"("(" is never closed; write "\(" for the character)");
    out_ += ')';
    return true;
  }

  /// Behind "(?".
  bool group_kind(std::size_t begin) {
    if (in_.take(':')) return true;
    if (in_.sees('=') || in_.sees('!') || in_.sees(U"<=") || in_.sees(U"<!")) {
      return in_.fail(
          begin, fmt::format("look-{} is refused: it can't be matched in time linear in the text; "
                             R"(use several patterns in "allOf", or "not")",
                             in_.sees('<') ? "behind" : "ahead"));
    }
    if (in_.take('<')) return group_name(begin);
    if (in_.sees(U"P<")) return in_.fail(begin, R"("(?P<" is not of ECMAScript; write "(?<")");
    if (in_.sees('>')) return in_.fail(begin, R"("(?>" is not of ECMAScript; write "(?:")");
    if (in_.sees('#'))
      return in_.fail(begin, R"(ECMAScript has no comments in patterns; use "$comment")");
    if (is_letter(in_.peek()) || in_.sees('-') || in_.sees('^')) {
      return in_.fail(begin,
                      "flags inside a pattern are refused; for either case write both, "
                      "as in [aA]");
    }
    return in_.fail(begin, R"("(?" goes on with ":" or "<name>"; write "\(" for the character)");
  }

  bool group_name(std::size_t begin) {
    std::string name;
    while (is_letter(in_.peek()) || in_.sees('_') || in_.sees('$') ||
           (!name.empty() && is_digit(in_.peek())))
      name += static_cast<char>(in_.next());
    if (name.empty() || !in_.take('>')) {
      return in_.fail(in_.place(),
                      "the name of a group has letters of ASCII, digits, _ and $, does not begin "
                      R"(with a digit, and ends with ">")");
    }
    if (!names_.insert(name).second) {
      return in_.fail(begin,
                      fmt::format("a second group is named {}; names differ", td::quoted(name)));
    }
    return true;
  }

  bool quantifier(unsigned& repetitions) {
    auto const begin = in_.place();
    if (is_one_of("*+?", in_.peek())) {
      out_ += static_cast<char>(in_.next());
    } else if (in_.take('{')) {
      if (!counts(begin, repetitions)) return false;
    } else {
      return true;
    }
    if (in_.take('?')) out_ += '?';
    return true;
  }

  /// Behind "{".
  bool counts(std::size_t begin, unsigned& repetitions) {
    auto const least = count();
    auto most = least;
    bool open = false;
    if (in_.take(',')) {
      open = !is_digit(in_.peek());
      most = open ? least : count();
    }
    if (!least || !most || !in_.take('}')) {
      return in_.fail(begin, R"("{" begins {n}, {n,} or {n,m}; write "\{" for the character, )"
                             "{0,m} for at most m");
    }
    if (*least > *most) return in_.fail(begin, "the larger count stands first; write {least,most}");
    // What RE2 counts: of {n,} the n, and zero as one.
    repetitions *= std::max(*most, 1u);
    if (repetitions > max_repetitions) {
      return in_.fail(begin, fmt::format("more than {} repetitions (nested ones multiplied) are "
                                         R"(refused; bound lengths by "minLength" and "maxLength")",
                                         max_repetitions));
    }
    out_ += open              ? fmt::format("{{{},}}", *least)
            : *least == *most ? fmt::format("{{{}}}", *least)
                              : fmt::format("{{{},{}}}", *least, *most);
    return true;
  }

  /// Digits; absent when there are none. Large ones are as good as one too many.
  std::optional<unsigned> count() {
    if (!is_digit(in_.peek())) return std::nullopt;
    unsigned n = 0;
    while (is_digit(in_.peek()))
      n = std::min(n * 10 + static_cast<unsigned>(in_.next() - '0'), max_repetitions + 1);
    return n;
  }

  // -- escapes ---

  /// Behind a backslash outside of a class.
  bool atom_escape(std::size_t begin) {
    if (in_.sees('k') || (is_digit(in_.peek()) && !in_.sees('0'))) {
      return in_.fail(begin,
                      "backreferences are refused: they can't be matched in time linear in the "
                      "text; write the alternatives out");
    }
    class_item item;
    if (!read_escape(in_, begin, false, item)) return false;
    if (item.character != no_character) {
      append_literal(out_, item.character);
    } else {
      append_class(item.members, item.others);
    }
    return true;
  }

  // -- classes ---

  /// Behind "[".
  bool character_class(std::size_t begin) {
    auto const negated = in_.take('^');
    std::string members;
    std::vector<class_item> unwritable;  // sets of which only the others can be written
    std::size_t items = 0;
    for (; !in_.take(']'); ++items) {
      if (in_.done())
        return in_.fail(begin, R"("[" is never closed; write "\[" for the character)");
      auto const item_begin = in_.place();
      class_item item;
      if (!item_of_class(item)) return false;
      if (in_.sees('-') && in_.peek(1) != ']' && in_.peek(1) != no_character) {
        in_.skip();
        class_item last;
        if (!item_of_class(last)) return false;
        if (!range(item_begin, item.character, last.character, members)) return false;
      } else if (item.character != no_character) {
        append_literal(members, item.character);
      } else if (!item.members.empty()) {
        members += item.members;
      } else {
        unwritable.push_back(std::move(item));
      }
    }
    if (negated && items > 1 && !unwritable.empty()) {
      return in_.fail(begin,
                      R"(\p{C}, \P{LC} and \P{Any} are refused beside others in a negated class; )"
                      R"(write \p{Cc}, \p{Cf} and \p{Co} for \p{C})");
    }
    write_class(negated, members, unwritable);
    return true;
  }

  void write_class(bool negated, std::string_view members,
                   const std::vector<class_item>& unwritable) {
    if (unwritable.empty()) {
      if (members.empty()) {
        out_ += negated ? anything : nothing;
      } else {
        out_ += fmt::format("[{}{}]", negated ? "^" : "", members);
      }
    } else if (negated) {
      append_class(unwritable.front().others, unwritable.front().members);
    } else {  // a union, where RE2 has none within a class
      out_ += "(?:";
      if (!members.empty()) out_ += fmt::format("[{}]|", members);
      for (auto const& item : unwritable)
        out_ += fmt::format("{}[^{}]", &item == unwritable.data() ? "" : "|", item.others);
      out_ += ')';
    }
  }

  bool item_of_class(class_item& item) {
    auto const begin = in_.place();
    if (!in_.take('\\')) {
      item.character = in_.next();
      return true;
    }
    if (in_.sees('B') || (is_digit(in_.peek()) && !in_.sees('0')) || in_.sees('k')) {
      in_.skip();
      return in_.fail(begin, fmt::format("{} means nothing in a class", in_.since(begin)));
    }
    return read_escape(in_, begin, true, item);
  }

  bool range(std::size_t begin, char32_t first, char32_t last, std::string& members) {
    if (first == no_character || last == no_character) {
      return in_.fail(begin,
                      R"(a set such as \d is no end of a range; write "\-" for the character)");
    }
    if (first > last) return in_.fail(begin, "the range is the wrong way round");
    append_literal(members, first);
    members += '-';
    append_literal(members, last);
    return true;
  }

  void append_class(std::string_view members, std::string_view others) {
    out_ += members.empty() ? fmt::format("[^{}]", others) : fmt::format("[{}]", members);
  }

  pattern_cursor in_;
  std::string out_{};
  std::set<std::string, std::less<>> names_{};
};

}  // namespace

result<std::string> re2_of_ecma(std::string_view ecma) {
  if (ecma.size() > pattern::max_pattern_bytes) {
    return failure{errc::configuration_invalid,
                   fmt::format("the pattern has {} bytes; at most {} are allowed", ecma.size(),
                               pattern::max_pattern_bytes)};
  }
  std::u32string text;
  for (auto rest = ecma; !rest.empty();) {
    auto const c = first_character(rest);
    if (c.size == 0) {
      return failure{errc::configuration_invalid,
                     fmt::format("character {}: not UTF-8", text.size() + 1)};
    }
    text += c.code_point;
    rest.remove_prefix(c.size);
  }
  return translator{std::move(text)}.run();
}

}  // namespace td
