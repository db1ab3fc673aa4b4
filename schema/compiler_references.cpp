#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "pipeline/text.hpp"
#include "schema/compiler.hpp"

namespace td {
namespace {

using simdjson::dom::element;

constexpr std::string_view wanted_reference =
    "a place within this schema (#, #/json/pointer or #anchor)";

int hex_digit(char c) noexcept {
  if ('0' <= c && c <= '9') return c - '0';
  if ('a' <= c && c <= 'f') return c - 'a' + 10;
  if ('A' <= c && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Absent where a `%` is not followed by two hex digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    auto const high = hex_digit(text[i + 1]);
    auto const low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

/// RFC 6901: `~1` is `/`, `~0` is `~`, anything else behind a `~` is wrong.
std::optional<std::string> pointer_token(std::string_view escaped) {
  std::string out;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '~') {
      out += escaped[i];
      continue;
    }
    if (++i == escaped.size() || (escaped[i] != '0' && escaped[i] != '1')) return std::nullopt;
    out += escaped[i] == '0' ? '~' : '/';
  }
  return out;
}

/// RFC 6901 section 4: digits without a leading zero.
std::optional<std::uint32_t> array_index(std::string_view token) {
  std::uint32_t index = 0;
  if (token.empty() || (token.size() > 1 && token.front() == '0')) return std::nullopt;
  auto const [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc{} || end != token.data() + token.size()) return std::nullopt;
  return index;
}

bool is_anchor(std::string_view name) {
  auto const letter = [](char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, [&](char c) {
    return letter(c) || ('0' <= c && c <= '9') || c == '-' || c == '.';
  });
}

/// What draft 7 allows beside a `$ref`: what has no effect there anyway.
bool may_stand_beside_ref(keyword k) {
  switch (k) {
    case keyword::ref:
    case keyword::schema:
    case keyword::id:
    case keyword::comment:
    case keyword::defs:
    case keyword::definitions:
    case keyword::title:
    case keyword::description:
    case keyword::default_value:
    case keyword::examples:
    case keyword::deprecated:
    case keyword::read_only:
    case keyword::write_only:
      return true;
    default:
      return false;
  }
}

/// How much of a cycle a message shows.
constexpr std::size_t shown_steps = 5;

}  // namespace

schema_compiler::fault schema_compiler::applicators(reading& in) {
  if (auto f = reference(in)) return f;
  for (auto const& [k, op] : {std::pair{keyword::all_of, operation::all_of},
                              {keyword::any_of, operation::any_of},
                              {keyword::one_of, operation::one_of}}) {
    if (!in.has(k)) continue;
    std::vector<subschema_id> branches;
    if (auto f = schema_list(in, k, branches)) return f;
    auto const begin = static_cast<std::uint32_t>(out_.branches.size());
    out_.branches.insert(out_.branches.end(), branches.begin(), branches.end());
    emit(in, group::last, op, k, begin, static_cast<std::uint32_t>(out_.branches.size()));
  }
  if (in.has(keyword::negation)) {
    subschema_id id = anything;
    if (auto f = schema_of(in, keyword::negation, id)) return f;
    emit(in, group::last, operation::negation, keyword::negation, id);
  }
  conditional c;
  if (auto f = schema_of(in, keyword::condition, c.condition)) return f;
  if (auto f = schema_of(in, keyword::then, c.then)) return f;
  if (auto f = schema_of(in, keyword::otherwise, c.otherwise)) return f;
  // Without `if` the others are without effect, and the other way round.
  if (in.has(keyword::condition) && (c.then != anything || c.otherwise != anything)) {
    emit(in, group::last, operation::conditional, keyword::condition,
         static_cast<std::uint32_t>(out_.conditionals.size()));
    out_.conditionals.push_back(c);
  }
  return std::nullopt;
}

schema_compiler::fault schema_compiler::reference(reading& in) {
  if (!in.has(keyword::ref)) return std::nullopt;
  auto const where = at(in, keyword::ref);
  std::string_view target;
  if (in[keyword::ref].get(target) != simdjson::SUCCESS) {
    return wrong(where, keyword::ref, in[keyword::ref], wanted_reference);
  }
  for (std::size_t i = 0; draft_ == draft::draft_7 && i < keyword_count; ++i) {
    auto const k = static_cast<keyword>(i);
    if (!in.has(k) || may_stand_beside_ref(k)) continue;
    return refusal(at(in, k), fmt::format("\"{}\" stands beside \"$ref\", where {} ignores it; put "
                                          "the \"$ref\" into an \"allOf\"",
                                          name_of(k), name_of(draft_)));
  }
  emit(in, group::last, operation::reference, keyword::ref,
       static_cast<std::uint32_t>(references_.size()));
  references_.push_back({target, where});
  return std::nullopt;
}

schema_compiler::fault schema_compiler::anchor(const reading& in, subschema_id id) {
  if (!in.has(keyword::anchor)) return std::nullopt;
  auto const where = at(in, keyword::anchor);
  std::string_view name;
  if (in[keyword::anchor].get(name) != simdjson::SUCCESS || !is_anchor(name)) {
    return wrong(where, keyword::anchor, in[keyword::anchor],
                 "a name of letters, digits, '_', '-' and '.' that begins with a letter or '_'");
  }
  if (!anchors_.try_emplace(name, id).second) {
    return refusal(where,
                   fmt::format("the anchor {} is already elsewhere in the schema", quoted(name)));
  }
  return std::nullopt;
}

// -- once all schemas are known ---

schema_compiler::fault schema_compiler::resolve() {
  std::vector<subschema_id> targets(references_.size(), anything);
  for (std::size_t i = 0; i < references_.size(); ++i) {
    if (auto f = target_of(references_[i].target, references_[i].where, targets[i])) return f;
  }
  for (auto& i : out_.instructions) {
    if (i.op == operation::reference) i.a = targets[i.a];
  }
  return std::nullopt;
}

schema_compiler::fault schema_compiler::target_of(std::string_view reference, location_id where,
                                                  subschema_id& out) const {
  if (!reference.starts_with('#')) {
    return refusal(where, fmt::format("\"$ref\" is {}, which is outside of this schema; {} is "
                                      "needed",
                                      quoted(reference), wanted_reference));
  }
  auto const fragment = percent_decoded(reference.substr(1));
  if (!fragment) {
    return refusal(where, fmt::format("\"$ref\" is {}; behind a '%' two hex digits are needed",
                                      quoted(reference)));
  }
  if (fragment->empty() || fragment->front() == '/') {
    return follow(*fragment, reference, where, out);
  }
  auto const found = anchors_.find(*fragment);
  if (found == anchors_.end()) {
    return refusal(where, fmt::format("\"$ref\" is {}, but no schema here has that anchor",
                                      quoted(reference)));
  }
  out = found->second;
  return std::nullopt;
}

schema_compiler::fault schema_compiler::follow(std::string_view pointer, std::string_view reference,
                                               location_id where, subschema_id& out) const {
  auto at = root_;
  std::optional<location_id> place = 0;
  auto const nowhere = [&](std::string_view why) {
    return refusal(where, fmt::format("\"$ref\" is {}, {}", quoted(reference), why));
  };
  auto const go = [&](const step& s) {
    auto const found = places_.find(s);
    place = found == places_.end() ? std::nullopt : std::optional{found->second};
  };
  while (!pointer.empty()) {
    auto const end = std::min(pointer.find('/', 1), pointer.size());
    auto const token = pointer_token(pointer.substr(1, end - 1));
    if (!token) return nowhere("which is no JSON pointer: behind a '~' stands 0 or 1");
    pointer.remove_prefix(end);
    auto const index = at.is_array() ? array_index(*token) : std::nullopt;
    if (at.is_array() && !index) return nowhere("but there is nothing at that place");
    auto const error = index ? array_in(at).at(*index).get(at) : at.at_key(*token).get(at);
    if (error != simdjson::SUCCESS) return nowhere("but there is nothing at that place");
    if (!place) continue;
    go(index ? step{*place, true, *index, {}} : step{*place, false, 0, *token});
  }
  auto const found = place ? schemas_at_.find(*place) : schemas_at_.end();
  if (found == schemas_at_.end()) return nowhere("but what stands at that place is no schema");
  out = found->second;
  return std::nullopt;
}

// -- cycles ---

/// The subschemas that a value is held against as soon as it is held against `id`, and by which
/// keyword.
std::vector<std::pair<subschema_id, location_id>> schema_compiler::in_place(subschema_id id) const {
  std::vector<std::pair<subschema_id, location_id>> out;
  auto const& s = out_.subschemas[id];
  auto const add = [&](subschema_id target, location_id where) {
    if (target != anything) out.emplace_back(target, where);
  };
  for (auto i = s.begins.front(); i < s.begins.back(); ++i) {
    auto const& in = out_.instructions[i];
    switch (in.op) {
      case operation::reference:
      case operation::negation:
        add(in.a, in.where);
        break;
      case operation::all_of:
      case operation::any_of:
      case operation::one_of:
        for (auto b = in.a; b < in.b; ++b)
          add(out_.branches[b], in.where);
        break;
      case operation::conditional:
        add(out_.conditionals[in.a].condition, in.where);
        add(out_.conditionals[in.a].then, in.where);
        add(out_.conditionals[in.a].otherwise, in.where);
        break;
      case operation::dependent_schemas:
        for (auto t = in.a; t < in.b; ++t)
          add(out_.triggers[t].schema, in.where);
        break;
      default:
        break;
    }
  }
  return out;
}

/// A cycle through schemas for the same value would never end. Depth first, without recursion: a
/// chain of references may be as long as the schema.
schema_compiler::fault schema_compiler::find_cycle() const {
  struct visit {
    subschema_id id;
    std::vector<std::pair<subschema_id, location_id>> edges;
    std::size_t next{};
  };
  auto const shown = [this](subschema_id id) {
    return printable("#" + out_.pointer_to(out_.subschemas[id].where));
  };
  enum class state : std::uint8_t { unseen, open, done };
  std::vector<state> states(out_.subschemas.size(), state::unseen);
  std::vector<visit> path;
  auto const way_back = [&](subschema_id to) {
    std::vector<std::string> way;
    for (auto at = std::ranges::find(path, to, &visit::id); at != path.end(); ++at)
      way.push_back(way.size() < shown_steps ? shown(at->id) : "...");
    if (way.size() > shown_steps) way.resize(shown_steps + 1);
    way.push_back(shown(to));
    return fmt::format("{}", fmt::join(way, " -> "));
  };
  auto const open = [&](subschema_id id) {
    states[id] = state::open;
    path.push_back({id, in_place(id), 0});
  };
  for (subschema_id start = 0; start < out_.subschemas.size(); ++start) {
    if (states[start] == state::unseen) open(start);
    while (!path.empty()) {
      auto& top = path.back();
      if (top.next == top.edges.size()) {
        states[top.id] = state::done;
        path.pop_back();
        continue;
      }
      auto const [target, where] = top.edges[top.next++];
      if (states[target] == state::unseen) {
        open(target);
      } else if (states[target] == state::open) {
        return refusal(where,
                       fmt::format("this leads back to where it came from without going into "
                                   "the document: {}",
                                   way_back(target)));
      }
    }
  }
  return std::nullopt;
}

}  // namespace td
