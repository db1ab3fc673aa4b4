#include "schema/compiler.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "pipeline/batch.hpp"
#include "pipeline/document.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

failure not_a_schema(std::string detail, std::string pointer = {}) {
  return {errc::configuration_invalid, std::move(detail), std::move(pointer)};
}

/// The text must be what an event must be: one object, no key twice, nothing PostgreSQL would
/// refuse.
std::optional<failure> text_fault(std::string_view padded) {
  document reader{{max_schema_bytes, {.max_depth = max_schema_depth}}};
  auto fault = reader.read(padded);
  if (!fault) return std::nullopt;
  if (fault->code == errc::not_an_object) {
    return not_a_schema(
        fmt::format("{}: a schema is an object, true or false",
                    std::string_view{fault->detail}.substr(0, fault->detail.rfind(';'))));
  }
  return not_a_schema(
      fmt::format("the schema's text is refused, {}: {}", name_of(fault->code), fault->detail),
      fault->pointer);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  auto const begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

}  // namespace

result<std::unique_ptr<const schema_program>> compile_program(std::string_view text) {
  if (text.size() > max_schema_bytes) {
    return not_a_schema(fmt::format("the schema has {} bytes; at most {} are allowed", text.size(),
                                    max_schema_bytes));
  }
  auto const word = trimmed(text);
  if (word.empty()) return not_a_schema("the schema is empty: it is an object, true or false");
  std::string padded{text};
  padded.resize(text.size() + batch::arena_padding);
  if (word != "true" && word != "false") {
    if (auto fault = text_fault({padded.data(), text.size()})) return *fault;
  }
  auto program = std::make_unique<schema_program>();
  simdjson::dom::parser parser;
  // Two levels of reserve, as `document` has them.
  if (parser.allocate(text.size(), max_schema_depth + 2) != simdjson::SUCCESS) {
    throw std::bad_alloc{};
  }
  element root;
  auto const error =
      parser.parse_into_document(program->source, padded.data(), text.size(), false).get(root);
  if (error == simdjson::MEMALLOC) throw std::bad_alloc{};
  if (error != simdjson::SUCCESS) return not_a_schema(simdjson::error_message(error));
  if (auto fault = schema_compiler{*program}.compile(root)) return *fault;
  return std::unique_ptr<const schema_program>{std::move(program)};
}

// -- failures ---

failure schema_compiler::refusal(location_id where, std::string detail) const {
  return not_a_schema(std::move(detail), out_.pointer_to(where));
}

failure schema_compiler::wrong(location_id where, keyword k, element value,
                               std::string_view wanted) const {
  return refusal(where,
                 fmt::format("\"{}\" is {}; {} is needed", name_of(k), describe(value), wanted));
}

// -- places ---

location_id schema_compiler::place(const step& s, const location& l) {
  auto const [found, added] =
      places_.try_emplace(s, static_cast<location_id>(out_.locations.size()));
  if (added) out_.locations.push_back(l);
  return found->second;
}

location_id schema_compiler::child(location_id parent, std::string_view token) {
  return place({parent, false, 0, token}, {parent, token, 0});
}

location_id schema_compiler::child(location_id parent, std::uint32_t index) {
  return place({parent, true, index, {}}, {parent, {}, index});
}

void schema_compiler::emit(reading& in, group g, operation op, keyword k, std::uint32_t a,
                           std::uint32_t b) {
  in.groups[static_cast<std::size_t>(g)].push_back({op, k, at(in, k), a, b});
}

// -- schemas ---

schema_compiler::fault schema_compiler::compile(element root) {
  root_ = root;
  if (auto f = read_draft(root)) return f;
  if (auto f = schema(root, 0, out_.root)) return f;
  if (auto f = resolve()) return f;
  return find_cycle();
}

schema_compiler::fault schema_compiler::read_draft(element root) {
  element value;
  if (root.at_key(name_of(keyword::schema)).get(value) != simdjson::SUCCESS) return std::nullopt;
  std::string_view uri;
  auto const named = value.get(uri) == simdjson::SUCCESS ? draft_named(uri) : std::nullopt;
  if (!named) {
    return wrong(child(0, name_of(keyword::schema)), keyword::schema, value, draft_names());
  }
  draft_ = *named;
  return std::nullopt;
}

schema_compiler::fault schema_compiler::schema(element value, location_id where,
                                               subschema_id& out) {
  out = anything;
  bool accepts = false;
  if (value.get(accepts) == simdjson::SUCCESS && accepts) {
    schemas_at_[where] = anything;
    return std::nullopt;
  }
  if (!value.is_bool() && !value.is_object()) {
    return refusal(where, fmt::format("here stands {}; a schema is an object, true or false",
                                      describe(value)));
  }
  if (out_.subschemas.size() == max_subschemas) {
    return refusal(where, fmt::format("this is one schema too many; at most {} are allowed within "
                                      "each other and beside each other",
                                      max_subschemas));
  }
  auto const id = static_cast<subschema_id>(out_.subschemas.size());
  out_.subschemas.push_back({});
  reading in;
  in.where = where;
  if (value.is_bool()) {
    in.types = 0;
  } else {
    if (auto f = keywords(value, in)) return f;
    if (auto f = annotations(in)) return f;
    if (auto f = types(in)) return f;
    if (auto f = constants(in)) return f;
    if (auto f = numeric(in)) return f;
    if (auto f = textual(in)) return f;
    if (auto f = arrays(in)) return f;
    if (auto f = objects(in)) return f;
    if (auto f = applicators(in)) return f;
  }
  out = finish(in, id);
  schemas_at_[where] = out;
  return anchor(in, out);
}

/// Finds the keywords of a schema object, and refuses what is none, or none here.
schema_compiler::fault schema_compiler::keywords(element value, reading& in) {
  for (auto const [name, member] : object{value.get_object().value_unsafe()}) {
    auto const k = keyword_named(name);
    if (!k) return refusal(child(in.where, name), unsupported(name, draft_));
    if (!is_in(*k, draft_)) return refusal(child(in.where, name), not_in_draft(*k, draft_));
    in.values[static_cast<std::size_t>(*k)] = member;
    in.there.set(static_cast<std::size_t>(*k));
  }
  for (auto const k : {keyword::schema, keyword::id}) {
    if (in.where == 0 || !in.has(k)) continue;
    return refusal(at(in, k),
                   fmt::format("\"{}\" is allowed at the root only; {}", name_of(k),
                               k == keyword::id ? "elsewhere it would change what references mean"
                                                : "a schema has one draft"));
  }
  return std::nullopt;
}

/// They have no effect, but must be what their draft says.
schema_compiler::fault schema_compiler::annotations(const reading& in) {
  for (auto const k :
       {keyword::comment, keyword::title, keyword::description, keyword::id, keyword::schema}) {
    if (in.has(k) && !in[k].is_string()) return wrong(at(in, k), k, in[k], "a string");
  }
  for (auto const k : {keyword::deprecated, keyword::read_only, keyword::write_only}) {
    if (in.has(k) && !in[k].is_bool()) return wrong(at(in, k), k, in[k], "true or false");
  }
  if (in.has(keyword::examples) && !in[keyword::examples].is_array()) {
    return wrong(at(in, keyword::examples), keyword::examples, in[keyword::examples], "an array");
  }
  if (in.has(keyword::id)) {
    std::string_view const id{in[keyword::id]};
    if (auto const hash = id.find('#'); id.empty() || hash + 1 < id.size()) {
      if (id.empty() || hash != std::string_view::npos) {
        return wrong(at(in, keyword::id), keyword::id, in[keyword::id], "a URI without fragment");
      }
    }
  }
  return std::nullopt;
}

schema_compiler::fault schema_compiler::schema_of(const reading& in, keyword k, subschema_id& out) {
  out = anything;
  return in.has(k) ? schema(in[k], at(in, k), out) : std::nullopt;
}

schema_compiler::fault schema_compiler::schema_list(const reading& in, keyword k,
                                                    std::vector<subschema_id>& out) {
  simdjson::dom::array list;
  auto const where = at(in, k);
  if (in[k].get(list) != simdjson::SUCCESS || list.begin() == list.end()) {
    return wrong(where, k, in[k], "an array of at least one schema");
  }
  std::uint32_t index = 0;
  for (auto const item : list) {
    if (auto f = schema(item, child(where, index++), out.emplace_back())) return f;
  }
  return std::nullopt;
}

/// Moves a schema's instructions behind each other.
subschema_id schema_compiler::finish(reading& in, subschema_id id) {
  auto const none = std::ranges::all_of(in.groups, [](auto const& g) { return g.empty(); });
  if (none && in.types == type_bit::all && id + 1 == out_.subschemas.size()) {
    out_.subschemas.pop_back();
    return anything;
  }
  auto& s = out_.subschemas[id];
  s.types = in.types;
  s.where = in.where;
  if (in.has(keyword::type)) s.type_where = at(in, keyword::type);
  for (std::size_t g = 0; g < group_count; ++g) {
    s.begins[g] = static_cast<std::uint32_t>(out_.instructions.size());
    out_.instructions.insert(out_.instructions.end(), in.groups[g].begin(), in.groups[g].end());
  }
  s.begins[group_count] = static_cast<std::uint32_t>(out_.instructions.size());
  return id;
}

}  // namespace td
