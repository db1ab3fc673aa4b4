#include "schema/evaluator.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

namespace td {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::key_value_pair;
using simdjson::dom::object;

/// Arrays up to this size are made unique on the stack.
constexpr std::size_t few_items = 64;

/// How much text counts as one step for what walks over it, and what a pattern costs.
constexpr std::size_t text_per_step = 64;

std::int64_t steps_of_pattern(std::string_view text) noexcept {
  return 10 + static_cast<std::int64_t>(text.size() / 8);
}

/// By value_kind; `real` is looked at more closely where only integers are allowed.
constexpr std::array<std::uint8_t, 9> bits_of_kind{
    type_bit::null,   type_bit::boolean, type_bit::boolean, type_bit::integer, type_bit::integer,
    type_bit::number, type_bit::string,  type_bit::array,   type_bit::object};

constexpr std::array<group, 9> group_of_kind{group::first,   group::first,   group::first,
                                             group::numbers, group::numbers, group::numbers,
                                             group::strings, group::arrays,  group::objects};

}  // namespace

bool evaluator::has_type(const subschema& s, const value& v) noexcept {
  if ((s.types & bits_of_kind[static_cast<std::size_t>(v.kind)]) != 0) return true;
  return v.kind == value_kind::real && (s.types & type_bit::integer) != 0 &&
         is_integral(number_of(v.element));
}

group evaluator::group_of(const value& v) noexcept {
  return group_of_kind[static_cast<std::size_t>(v.kind)];
}

bool evaluator::matches(subschema_id id, const value& v) {
  if (id == anything) return !gave_up_;
  auto const& s = program_.subschemas[id];
  if (!gave_up_) last_ = id;
  if (nesting_ == bounds_.nesting) {
    too_deep_ = !gave_up_ || too_deep_;
    return give_up();
  }
  if (!charge(1 + s.begins.back() - s.begins.front()) || !has_type(s, v)) return false;
  if (s.begins.front() == s.begins.back()) return true;
  ++nesting_;
  auto const g = group_of(v);
  auto const good = run(s.of(group::first), v) && (g == group::first || run(s.of(g), v)) &&
                    run(s.of(group::last), v);
  --nesting_;
  return good;
}

bool evaluator::run(range instructions, const value& v) {
  for (auto i = instructions.begin; i != instructions.end; ++i) {
    if (!obeys(program_.instructions[i], v)) return false;
  }
  return true;
}

bool evaluator::obeys(const instruction& in, const value& v) {
  switch (in.op) {
    case operation::one_of_values:
      return is_one_of(program_.value_sets[in.a], v);
    case operation::multiple_of:
      return is_multiple(number_of(v.element), program_.numbers[in.a]);
    case operation::maximum:
      return compare(number_of(v.element), program_.numbers[in.a]) <= 0;
    case operation::exclusive_maximum:
      return compare(number_of(v.element), program_.numbers[in.a]) < 0;
    case operation::minimum:
      return compare(number_of(v.element), program_.numbers[in.a]) >= 0;
    case operation::exclusive_minimum:
      return compare(number_of(v.element), program_.numbers[in.a]) > 0;
    case operation::max_length:  // a character has one to four bytes
      if (v.text.size() <= in.a) return true;
      return charge(static_cast<std::int64_t>(v.text.size() / text_per_step)) &&
             count_characters(v.text) <= in.a;
    case operation::min_length:
      if (v.text.size() / 4 >= in.a) return true;
      return charge(static_cast<std::int64_t>(v.text.size() / text_per_step)) &&
             count_characters(v.text) >= in.a;
    case operation::matches:
      return charge(steps_of_pattern(v.text)) && program_.patterns[in.a].matches(v.text);
    case operation::has_format:
      return charge(static_cast<std::int64_t>(v.text.size() / text_per_step)) &&
             has_format(static_cast<format>(in.a), v.text);
    case operation::max_items:
      return array_in(v.element).size() <= in.a;
    case operation::min_items:
      return array_in(v.element).size() >= in.a;
    case operation::unique_items:
      return are_unique(array_in(v.element));
    case operation::each_item:
      return items(program_.items[in.a], array_in(v.element));
    case operation::contains:
      return contains(program_.contains[in.a], array_in(v.element));
    case operation::max_properties:
      return v.members.size() <= in.a;
    case operation::min_properties:
      return v.members.size() >= in.a;
    case operation::members:
      return members(program_.members[in.a], v.members);
    case operation::dependent_required:
      return needs({in.a, in.b}, v.members);
    case operation::dependent_schemas:
      return triggers({in.a, in.b}, v);
    case operation::reference:
      return matches(in.a, v);
    case operation::negation:
      return !matches(in.a, v) && !gave_up_;
    case operation::conditional:
      return choose(program_.conditionals[in.a], v);
    case operation::all_of:
    case operation::any_of:
    case operation::one_of:
      return alternatives(in, v);
  }
  return true;
}

bool evaluator::alternatives(const instruction& in, const value& v) {
  std::uint32_t matching = 0;
  for (auto b = in.a; b != in.b; ++b) {
    auto const good = matches(program_.branches[b], v);
    if (gave_up_) return false;
    if (!good && in.op == operation::all_of) return false;
    if (good && in.op == operation::any_of) return true;
    if (good && ++matching > 1 && in.op == operation::one_of) return false;
  }
  return in.op == operation::all_of || matching == 1;
}

bool evaluator::choose(const conditional& c, const value& v) {
  auto const yes = matches(c.condition, v);
  return !gave_up_ && matches(yes ? c.then : c.otherwise, v);
}

// -- objects ---

bool evaluator::members(const member_rules& rules, object object) {
  std::uint32_t required = 0;
  for (auto const member : object) {
    if (!charge(1)) return false;
    auto const number = rules.table.find(member.key);
    bool declared = false;
    if (number != name_table::absent) {
      auto const& named = rules.names[number];
      required += named.required ? 1 : 0;
      declared = named.declared;
      if (named.schema != anything && !matches(named.schema, value::of(member.value))) {
        return false;
      }
    }
    if (!rules.only_named && !unnamed_member(rules, member, declared)) return false;
  }
  return required == rules.required;
}

bool evaluator::unnamed_member(const member_rules& rules, const key_value_pair& member,
                               bool declared) {
  if (!matches(rules.name_schema, value::of_name(member.key))) return false;
  for (auto const& p : rules.patterns) {
    if (!charge(steps_of_pattern(member.key))) return false;
    if (!program_.patterns[p.pattern].matches(member.key)) continue;
    declared = true;
    if (!matches(p.schema, value::of(member.value))) return false;
  }
  return declared || matches(rules.additional, value::of(member.value));
}

bool evaluator::needs(range r, object object) {
  auto const has = [&](std::string_view name) {
    element found;
    return charge(1 + static_cast<std::int64_t>(object.size())) &&
           object.at_key(name).get(found) == simdjson::SUCCESS;
  };
  for (auto i = r.begin; i != r.end; ++i) {
    auto const& n = program_.needs[i];
    if (!has(n.name)) continue;
    if (!std::ranges::all_of(n.needed, has)) return false;
  }
  return !gave_up_;
}

bool evaluator::triggers(range r, const value& v) {
  auto const object = v.members;
  for (auto i = r.begin; i != r.end; ++i) {
    auto const& t = program_.triggers[i];
    if (!charge(1 + static_cast<std::int64_t>(object.size()))) return false;
    element found;
    if (object.at_key(t.name).get(found) != simdjson::SUCCESS) continue;
    if (!matches(t.schema, v)) return false;
  }
  return true;
}

// -- arrays ---

bool evaluator::items(const item_rules& rules, array items) {
  std::size_t place = 0;
  for (auto const item : items) {
    if (place == rules.prefix.size() && rules.rest == anything) break;
    auto const id = place < rules.prefix.size() ? rules.prefix[place++] : rules.rest;
    if (!matches(id, value::of(item))) return false;
  }
  return true;
}

std::uint32_t evaluator::count_matching(const contains_rules& rules, array items,
                                        std::uint32_t enough) {
  std::uint32_t count = 0;
  for (auto const item : items) {
    if (count == enough || !charge(1)) break;
    if (matches(rules.item, value::of(item))) ++count;
  }
  return count;
}

bool evaluator::contains(const contains_rules& rules, array items) {
  // One more than the most tells that there are too many.
  auto const enough = rules.max == unbounded ? rules.min : std::max(rules.min, rules.max + 1);
  auto const count = count_matching(rules, items, enough);
  return !gave_up_ && count >= rules.min && count <= rules.max;
}

bool evaluator::are_unique(array items) {
  auto const size = items.size();
  if (size < 2) return true;
  using entry = std::pair<std::uint64_t, element>;
  std::array<entry, few_items> few;
  std::vector<entry> many;
  std::span<entry> hashed{few.data(), std::min(size, few.size())};
  if (size > few.size()) {
    many.resize(size);
    hashed = many;
  }
  std::int64_t visited = 0;
  std::size_t count = 0;
  for (auto const item : items)
    hashed[count++] = {hash_of(value::of(item), visited), item};
  if (!charge(visited)) return false;
  std::ranges::sort(hashed, {}, &entry::first);
  for (std::size_t i = 1; i < hashed.size(); ++i) {
    for (auto j = i; j-- > 0 && hashed[j].first == hashed[i].first;) {
      visited = 0;
      auto const same = equal(value::of(hashed[i].second), value::of(hashed[j].second), visited);
      if (!charge(visited) || same) return false;
    }
  }
  return true;
}

bool evaluator::is_one_of(const value_set& set, const value& v) {
  switch (v.kind) {
    case value_kind::null:
    case value_kind::boolean_false:
    case value_kind::boolean_true:
      return (set.literals >> static_cast<unsigned>(v.kind) & 1u) != 0;
    case value_kind::string:
      return set.strings.find(v.text) != name_table::absent;
    default:
      break;
  }
  if (set.others.empty()) return false;
  std::int64_t visited = 0;
  auto const hash = hash_of(v, visited);
  auto at =
      std::ranges::lower_bound(set.others, hash, {}, &std::pair<std::uint64_t, element>::first);
  auto found = false;
  for (; !found && at != set.others.end() && at->first == hash; ++at)
    found = equal(value::of(at->second), v, visited);
  return charge(visited) && found;
}

bool evaluator::extend() noexcept {
  if (gave_up_ || extended_) return give_up();
  extended_ = true;
  steps_ += bounds_.steps_per_value * count_values(document_);
  return steps_ >= 0 || give_up();
}

}  // namespace td
