#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "pipeline/document.hpp"
#include "pipeline/text.hpp"
#include "schema/compiler.hpp"

namespace td {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

template <class T>
std::uint32_t size_of(const std::vector<T>& v) {
  return static_cast<std::uint32_t>(v.size());
}

}  // namespace

// -- arrays ---

schema_compiler::fault schema_compiler::arrays(reading& in) {
  if (auto f = counted(in, group::arrays, operation::min_items, keyword::min_items)) return f;
  if (auto f = counted(in, group::arrays, operation::max_items, keyword::max_items)) return f;
  if (auto f = items(in)) return f;
  if (auto f = contained(in)) return f;
  if (!in.has(keyword::unique_items)) return std::nullopt;
  bool unique = false;
  if (in[keyword::unique_items].get(unique) != simdjson::SUCCESS) {
    return wrong(at(in, keyword::unique_items), keyword::unique_items, in[keyword::unique_items],
                 "true or false");
  }
  if (unique) emit(in, group::arrays, operation::unique_items, keyword::unique_items);
  return std::nullopt;
}

/// 2020-12: `prefixItems`, and `items` for the rest. Draft 7: `items` is either one of them, and in
/// the first case `additionalItems` is for the rest, else without effect.
schema_compiler::fault schema_compiler::items(reading& in) {
  item_rules rules;
  auto const by_place =
      draft_ == draft::draft_7 && in.has(keyword::items) && in[keyword::items].is_array();
  rules.prefix_word = by_place ? keyword::items : keyword::prefix_items;
  rules.rest_word = by_place ? keyword::additional_items : keyword::items;
  if (in.has(rules.prefix_word)) {
    rules.prefix_where = at(in, rules.prefix_word);
    if (auto f = schema_list(in, rules.prefix_word, rules.prefix)) return f;
  }
  if (in.has(rules.rest_word)) {
    rules.rest_where = at(in, rules.rest_word);
    if (draft_ == draft::draft_2020_12 && in[keyword::items].is_array()) {
      return wrong(rules.rest_where, keyword::items, in[keyword::items],
                   "a schema for the items behind those of \"prefixItems\"");
    }
    if (auto f = schema_of(in, rules.rest_word, rules.rest)) return f;
  }
  if (!by_place && in.has(keyword::additional_items)) {
    subschema_id unused = anything;
    if (auto f = schema_of(in, keyword::additional_items, unused)) return f;
  }
  while (!rules.prefix.empty() && rules.prefix.back() == anything && rules.rest == anything)
    rules.prefix.pop_back();
  if (rules.prefix.empty() && rules.rest == anything) return std::nullopt;
  emit(in, group::arrays, operation::each_item, rules.rest_word, size_of(out_.items));
  out_.items.push_back(std::move(rules));
  return std::nullopt;
}

schema_compiler::fault schema_compiler::contained(reading& in) {
  contains_rules rules;
  for (auto const& [k, bound, where] :
       {std::tuple{keyword::min_contains, &rules.min, &rules.min_where},
        {keyword::max_contains, &rules.max, &rules.max_where}}) {
    if (!in.has(k)) continue;
    if (auto f = count(in, k, *bound)) return f;
    *where = at(in, k);
  }
  if (!in.has(keyword::contains)) return std::nullopt;  // then the bounds are without effect
  rules.where = at(in, keyword::contains);
  if (auto f = schema_of(in, keyword::contains, rules.item)) return f;
  emit(in, group::arrays, operation::contains, keyword::contains, size_of(out_.contains));
  out_.contains.push_back(rules);
  return std::nullopt;
}

// -- objects ---

schema_compiler::fault schema_compiler::each_member(const reading& in, keyword k,
                                                    const auto& then) {
  if (!in.has(k)) return std::nullopt;
  object members;
  auto const where = at(in, k);
  if (in[k].get(members) != simdjson::SUCCESS) return wrong(where, k, in[k], "an object");
  for (auto const [name, value] : members) {
    if (fault f = then(name, value, child(where, name))) return f;
  }
  return std::nullopt;
}

schema_compiler::fault schema_compiler::objects(reading& in) {
  for (auto const k : {keyword::defs, keyword::definitions}) {
    auto const define = [this](std::string_view, element value, location_id where) -> fault {
      subschema_id unused = anything;
      return schema(value, where, unused);
    };
    if (auto f = each_member(in, k, define)) return f;
  }
  if (auto f = counted(in, group::objects, operation::min_properties, keyword::min_properties)) {
    return f;
  }
  if (auto f = counted(in, group::objects, operation::max_properties, keyword::max_properties)) {
    return f;
  }
  member_rules rules;
  if (auto f = named_members(in, rules)) return f;
  auto const by_pattern = [&](std::string_view name, element value, location_id where) -> fault {
    auto& p = rules.patterns.emplace_back();
    if (auto f = add_pattern(name, where, p.pattern)) return f;
    return schema(value, where, p.schema);
  };
  if (auto f = each_member(in, keyword::pattern_properties, by_pattern)) return f;
  if (auto f = schema_of(in, keyword::additional_properties, rules.additional)) return f;
  if (auto f = schema_of(in, keyword::property_names, rules.name_schema)) return f;
  rules.only_named =
      rules.patterns.empty() && rules.additional == anything && rules.name_schema == anything;
  if (!rules.only_named || !rules.names.empty()) {
    emit(in, group::objects, operation::members, keyword::properties, size_of(out_.members));
    out_.members.push_back(std::move(rules));
  }
  return dependents(in);
}

/// `properties` and `required`, by name.
schema_compiler::fault schema_compiler::named_members(reading& in, member_rules& rules) {
  std::unordered_map<std::string_view, std::size_t> known;
  auto const entry = [&](std::string_view name) -> member_rules::named& {
    auto const [found, added] = known.try_emplace(name, rules.names.size());
    if (added) rules.names.push_back({.name = name});
    return rules.names[found->second];
  };
  auto const property = [&](std::string_view name, element value, location_id where) -> fault {
    subschema_id id = anything;
    if (auto f = schema(value, where, id)) return f;
    auto& named = entry(name);
    named.schema = id;
    named.declared = true;
    return std::nullopt;
  };
  if (auto f = each_member(in, keyword::properties, property)) return f;
  if (in.has(keyword::required)) {
    rules.required_where = at(in, keyword::required);
    std::vector<std::string_view> names;
    if (auto f =
            unique_names(in[keyword::required], rules.required_where, keyword::required, names)) {
      return f;
    }
    for (auto const name : names)
      entry(name).required = true;
    rules.required = size_of(names);
  }
  std::vector<std::string_view> names;
  for (auto const& named : rules.names)
    names.push_back(named.name);
  rules.table = name_table{names};
  return std::nullopt;
}

schema_compiler::fault schema_compiler::unique_names(element value, location_id where, keyword k,
                                                     std::vector<std::string_view>& out) {
  array list;
  if (value.get(list) != simdjson::SUCCESS) return wrong(where, k, value, "an array of names");
  std::set<std::string_view> seen;
  for (auto const item : list) {
    std::string_view name;
    if (item.get(name) != simdjson::SUCCESS) {
      return refusal(where, fmt::format("\"{}\" has {} in its array; names (strings) are needed",
                                        name_of(k), describe(item)));
    }
    if (!seen.insert(name).second) {
      return refusal(where, fmt::format("\"{}\" names {} twice", name_of(k), quoted(name)));
    }
    out.push_back(name);
  }
  return std::nullopt;
}

/// `dependentRequired`, `dependentSchemas`, and `dependencies`, which is both.
schema_compiler::fault schema_compiler::dependents(reading& in) {
  for (auto const k :
       {keyword::dependent_required, keyword::dependent_schemas, keyword::dependencies}) {
    std::vector<need> needs;
    std::vector<trigger> triggers;
    auto const add = [&](std::string_view name, element value, location_id where) -> fault {
      auto const names =
          k == keyword::dependent_required || (k == keyword::dependencies && value.is_array());
      if (!names) {
        auto& t = triggers.emplace_back(trigger{.name = name});
        return schema(value, where, t.schema);
      }
      auto& n = needs.emplace_back(need{.name = name, .needed = {}, .where = where});
      return unique_names(value, where, k, n.needed);
    };
    if (auto f = each_member(in, k, add)) return f;
    auto const append = [&](auto& to, auto& from, operation op) {
      if (from.empty()) return;
      auto const begin = size_of(to);
      to.insert(to.end(), std::move_iterator{from.begin()}, std::move_iterator{from.end()});
      emit(in, group::objects, op, k, begin, size_of(to));
    };
    append(out_.needs, needs, operation::dependent_required);
    append(out_.triggers, triggers, operation::dependent_schemas);
  }
  return std::nullopt;
}

}  // namespace td
