#pragma once

#include <cstddef>
#include <cstdint>

#include <simdjson.h>

#include "schema/program.hpp"

namespace td {

/// How much a check may cost. A step is an instruction, a member, an item, or so much text; it
/// takes some nanoseconds.
struct check_bounds {
  std::int64_t steps{100'000};        ///< for any document
  std::int64_t steps_per_value{100};  ///< and for each of its values
  int nesting{512};                   ///< schemas within schemas, references included
};

/// Holds values against a program. Says yes or no, allocates nothing (but see `uniqueItems` in the
/// README), and ends after a bounded number of steps. One thread.
class evaluator {
 public:
  /// Both must outlive it. `document` is what the steps are measured by.
  evaluator(const schema_program& program, const value& document,
            const check_bounds& bounds) noexcept
      : program_{program}, document_{document}, bounds_{bounds}, steps_{bounds.steps} {}

  /// Whether the value matches. False also when the steps or the nesting ran out: see `gave_up`.
  bool matches(subschema_id id, const value& v);

  /// Whether the value does what one instruction asks. As above.
  bool obeys(const instruction& in, const value& v);

  /// Whether the value has a type that the subschema allows.
  static bool has_type(const subschema& s, const value& v) noexcept;

  /// Which instructions concern the value besides those for all; `first` where none do.
  static group group_of(const value& v) noexcept;

  /// After false: the answer is not known, since the check went past its bounds.
  bool gave_up() const noexcept { return gave_up_; }

  /// Where: the last subschema that was tried, and whether it was one level too deep.
  subschema_id gave_up_at() const noexcept { return last_; }
  bool nested_too_deeply() const noexcept { return too_deep_; }

  /// How many items of an array the subschema of `contains` matches, counted up to `enough`.
  std::uint32_t count_matching(const contains_rules& rules, simdjson::dom::array items,
                               std::uint32_t enough);

 private:
  bool run(range instructions, const value& v);
  bool members(const member_rules& rules, simdjson::dom::object object);
  bool unnamed_member(const member_rules& rules, const simdjson::dom::key_value_pair& member,
                      bool declared);
  bool items(const item_rules& rules, simdjson::dom::array items);
  bool contains(const contains_rules& rules, simdjson::dom::array items);
  [[gnu::noinline]] bool are_unique(simdjson::dom::array items);
  bool is_one_of(const value_set& set, const value& v);
  bool needs(range r, simdjson::dom::object object);
  bool triggers(range r, const value& v);
  bool alternatives(const instruction& in, const value& v);
  bool choose(const conditional& c, const value& v);

  /// False when the steps have run out.
  bool charge(std::int64_t steps) noexcept {
    steps_ -= steps;
    return steps_ >= 0 || extend();
  }
  bool extend() noexcept;
  bool give_up() noexcept {
    gave_up_ = true;
    steps_ = -1;
    return false;
  }

  const schema_program& program_;
  value document_;
  check_bounds bounds_;
  std::int64_t steps_{};
  int nesting_{};
  subschema_id last_{};
  bool extended_{};
  bool gave_up_{};
  bool too_deep_{};
};

}  // namespace td
