#include "schema/explainer.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "config/suggest.hpp"
#include "pipeline/text.hpp"

namespace td {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

/// Explaining visits parts of the document again on each level.
constexpr std::int64_t more_steps = 4;

/// How many names a misspelled one is compared with.
constexpr std::size_t compared_names = 200;

/// A reason within a reason is told as long as it is short.
constexpr std::size_t told_reason_bytes = 600;

check_bounds wider(check_bounds b) {
  b.steps *= more_steps;
  b.steps_per_value *= more_steps;
  return b;
}

}  // namespace

explainer::explainer(const schema_program& program, const value& document,
                     const check_bounds& bounds, std::size_t limit)
    : program_{program},
      document_{document},
      evaluator_{program, document, wider(bounds)},
      limit_{limit},
      max_depth_{bounds.nesting} {}

violation explainer::out_of_bounds(const schema_program& program, const evaluator& by) {
  auto const where = program.pointer_to(program.subschemas[by.gave_up_at()].where);
  return {.pointer = {},
          .keyword = name_of(keyword::ref),
          .schema_pointer = where,
          .sentence =
              fmt::format("the check of the document took too many steps and was given up "
                          "at #{}: {}",
                          printable(where),
                          by.nested_too_deeply() ? "there are too many schemas within each other"
                                                 : "the schema tries too many combinations")};
}

std::vector<violation> explainer::explain() {
  if (program_.root != anything && program_.subschemas[program_.root].types == 0) {
    return {{.pointer = {},
             .keyword = "false",
             .schema_pointer = {},
             .sentence = "the schema is false, which allows no document"}};
  }
  subschema_of(program_.root, document_, {}, keyword::ref);
  if (evaluator_.gave_up() && found_.size() < limit_) {
    found_.push_back(out_of_bounds(program_, evaluator_));
  }
  return std::move(found_);
}

void explainer::add(const place& p, keyword word, location_id where, std::string sentence) {
  if (full()) return;
  found_.push_back({.pointer = pointer_to(p),
                    .keyword = name_of(word),
                    .schema_pointer = program_.pointer_to(where),
                    .sentence = std::move(sentence)});
}

void explainer::subschema_of(subschema_id id, const value& v, const place& p, keyword by) {
  // Past this depth the evaluator gives up, if it comes there at all.
  if (id == anything || full() || depth_ == max_depth_) return;
  auto const& s = program_.subschemas[id];
  if (s.types == 0) {
    add(p, by, s.where, fmt::format("{} is not allowed there, whatever it is", subject(p)));
    return;
  }
  if (!evaluator::has_type(s, v)) {
    add(p, keyword::type, s.type_where,
        fmt::format("{} is {}; {} is needed", subject(p), describe_value(v),
                    types_in_words(s.types)));
  }
  ++depth_;
  auto const all = [&](range r) {
    for (auto i = r.begin; i != r.end && !full(); ++i) {
      auto const& in = program_.instructions[i];
      if (!evaluator_.obeys(in, v) && !evaluator_.gave_up()) instruction_of(in, v, p);
    }
  };
  all(s.of(group::first));
  if (auto const g = evaluator::group_of(v); g != group::first) all(s.of(g));
  all(s.of(group::last));
  --depth_;
}

void explainer::instruction_of(const instruction& in, const value& v, const place& p) {
  switch (in.op) {
    case operation::members:
      return members(program_.members[in.a], v.members, p);
    case operation::dependent_required:
      return needs(in, v.members, p);
    case operation::dependent_schemas:
      for (auto i = in.a; i != in.b; ++i) {
        auto const& t = program_.triggers[i];
        element found;
        if (v.members.at_key(t.name).get(found) != simdjson::SUCCESS) continue;
        subschema_of(t.schema, v, p, in.word);
      }
      return;
    case operation::each_item:
      return items(program_.items[in.a], array_in(v.element), p);
    case operation::unique_items:
      return equal_items(in, array_in(v.element), p);
    case operation::contains:
      return contained(in, array_in(v.element), p);
    case operation::reference:
      return subschema_of(in.a, v, p, in.word);
    case operation::all_of:
      for (auto b = in.a; b != in.b; ++b)
        subschema_of(program_.branches[b], v, p, in.word);
      return;
    case operation::conditional: {
      auto const& c = program_.conditionals[in.a];
      auto const yes = evaluator_.matches(c.condition, v);
      return subschema_of(yes ? c.then : c.otherwise, v, p,
                          yes ? keyword::then : keyword::otherwise);
    }
    case operation::any_of:
    case operation::one_of:
      return alternatives(in, v, p);
    case operation::negation:
      return add(p, in.word, in.where,
                 fmt::format("{} is {}; what matches the schema of \"not\" is not allowed",
                             subject(p), describe_value(v)));
    default:
      return add(p, in.word, in.where, sentence_of(program_, in, v, p));
  }
}

// -- objects ---

void explainer::members(const member_rules& rules, object object, const place& p) {
  for (auto const& named : rules.names) {
    element found;
    if (full()) return;
    if (!named.required || object.at_key(named.name).get(found) == simdjson::SUCCESS) continue;
    add(p.member(named.name), keyword::required, rules.required_where,
        fmt::format("{} is missing; it is required", quoted(named.name)));
  }
  for (auto const [name, item] : object) {
    if (full()) return;
    auto const here = p.member(name);
    auto const v = value::of(item);
    auto const number = rules.table.find(name);
    bool declared = false;
    if (number != name_table::absent) {
      declared = rules.names[number].declared;
      subschema_of(rules.names[number].schema, v, here, keyword::properties);
    }
    subschema_of(rules.name_schema, value::of_name(name), p.name_of_member(name),
                 keyword::property_names);
    for (auto const& pattern : rules.patterns) {
      if (!program_.patterns[pattern.pattern].matches(name)) continue;
      declared = true;
      subschema_of(pattern.schema, v, here, keyword::pattern_properties);
    }
    if (!declared) additional(rules, name, v, here);
  }
}

void explainer::additional(const member_rules& rules, std::string_view name, const value& v,
                           const place& p) {
  if (rules.additional == anything) return;
  auto const& s = program_.subschemas[rules.additional];
  if (s.types != 0) return subschema_of(rules.additional, v, p, keyword::additional_properties);
  std::vector<std::string_view> known;
  for (auto const& named : rules.names) {
    if (known.size() == compared_names) break;
    known.push_back(named.name);
  }
  auto const meant = did_you_mean(suggestions(name.substr(0, 100), known));
  add(p, keyword::additional_properties, s.where,
      fmt::format("{} is a member that the schema does not name, and others are not allowed{}{}",
                  subject(p), meant.empty() ? "" : "; ", printable(meant, 300)));
}

void explainer::needs(const instruction& in, object object, const place& p) {
  element found;
  for (auto i = in.a; i != in.b; ++i) {
    auto const& n = program_.needs[i];
    if (object.at_key(n.name).get(found) != simdjson::SUCCESS) continue;
    for (auto const name : n.needed) {
      if (object.at_key(name).get(found) == simdjson::SUCCESS) continue;
      add(p.member(name), in.word, n.where,
          fmt::format("{} is missing; it is required where {} is there", quoted(name),
                      quoted(n.name)));
    }
  }
}

// -- arrays ---

void explainer::items(const item_rules& rules, array items, const place& p) {
  std::uint32_t index = 0;
  for (auto const item : items) {
    if (full()) return;
    auto const in_prefix = index < rules.prefix.size();
    subschema_of(in_prefix ? rules.prefix[index] : rules.rest, value::of(item), p.item(index),
                 in_prefix ? rules.prefix_word : rules.rest_word);
    ++index;
  }
}

void explainer::equal_items(const instruction& in, array items, const place& p) {
  std::vector<std::tuple<std::uint64_t, std::uint32_t, element>> hashed;
  std::int64_t visited = 0;
  for (auto const item : items) {
    hashed.emplace_back(hash_of(value::of(item), visited),
                        static_cast<std::uint32_t>(hashed.size()), item);
  }
  std::ranges::sort(hashed, [](auto const& a, auto const& b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
  });
  for (std::size_t i = 1; i < hashed.size(); ++i) {
    auto const& [hash_a, first, a] = hashed[i - 1];
    auto const& [hash_b, second, b] = hashed[i];
    if (hash_a != hash_b || !equal(value::of(a), value::of(b), visited)) continue;
    return add(p, in.word, in.where,
               fmt::format("{} has equal items at {} and {}; each may stand there once", subject(p),
                           first, second));
  }
  add(p, in.word, in.where, fmt::format("{} has equal items", subject(p)));
}

void explainer::contained(const instruction& in, array items, const place& p) {
  auto const& rules = program_.contains[in.a];
  auto const count = evaluator_.count_matching(rules, items, unbounded);
  if (evaluator_.gave_up()) return;
  auto const too_many = count > rules.max;
  auto word = keyword::contains;
  auto where = rules.where;
  if (too_many) {
    word = keyword::max_contains;
    where = rules.max_where;
  } else if (rules.min_where != 0) {
    word = keyword::min_contains;
    where = rules.min_where;
  }
  auto const bound = too_many ? rules.max : rules.min;
  add(p, word, where,
      fmt::format("{} has {} that match the schema of \"contains\"; at {} {} {} {}", subject(p),
                  counted(count, "item"), too_many ? "most" : "least", bound,
                  bound == 1 ? "is" : "are", too_many ? "allowed" : "needed"));
}

// -- alternatives ---

void explainer::alternatives(const instruction& in, const value& v, const place& p) {
  std::vector<std::size_t> matching;
  for (auto b = in.a; b != in.b; ++b) {
    if (evaluator_.matches(program_.branches[b], v)) matching.push_back(b - in.a);
  }
  if (evaluator_.gave_up()) return;
  auto const size = in.b - in.a;
  if (!matching.empty()) {
    return add(p, in.word, in.where,
               fmt::format("{} matches {} of the {} of \"{}\" (at {}); exactly one is needed",
                           subject(p), matching.size(), counted(size, "schema"), name_of(in.word),
                           fmt::join(matching, ", ")));
  }
  auto sentence = fmt::format("{} matches none of the {} of \"{}\"", subject(p),
                              counted(size, "schema"), name_of(in.word));
  auto const reason = nearest(in, v, p);
  if (!reason.sentence.empty() && reason.sentence.size() <= told_reason_bytes) {
    sentence += "; the nearest: " + reason.sentence;
  }
  add(p, in.word, in.where, std::move(sentence));
}

/// The first violation of the alternative that was meant most likely: the one that is deepest in
/// the document, and not about the value as a whole.
violation explainer::nearest(const instruction& in, const value& v, const place& p) {
  auto const found = std::exchange(found_, {});
  auto const limit = std::exchange(limit_, 1);
  violation best;
  std::pair<std::ptrdiff_t, bool> best_rank{-1, false};
  for (auto b = in.a; b != in.b; ++b) {
    found_.clear();
    subschema_of(program_.branches[b], v, p, in.word);
    if (found_.empty()) continue;
    auto const& first = found_.front();
    auto const general = first.keyword == name_of(keyword::type) ||
                         first.keyword == name_of(keyword::enumeration) ||
                         first.keyword == name_of(keyword::constant);
    std::pair const rank{std::ranges::count(first.pointer, '/'), !general};
    if (rank > best_rank) {
      best_rank = rank;
      best = std::move(found_.front());
    }
  }
  found_ = found;
  limit_ = limit;
  return best;
}

}  // namespace td
