#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "schema/compiled_schema.hpp"
#include "schema/evaluator.hpp"
#include "schema/program.hpp"
#include "schema/sentences.hpp"

namespace td {

/// Says what a document has against its schema, once the evaluator has found that it has anything:
/// walks down where the evaluator says no. Slow, for failures only. One thread.
class explainer {
 public:
  /// Both must outlive it. At most `limit` violations are collected.
  explainer(const schema_program& program, const value& document, const check_bounds& bounds,
            std::size_t limit);

  /// The violations of the document, in the order of the program. At least one, if the evaluator
  /// said no.
  std::vector<violation> explain();

  /// For a check that gave up.
  static violation out_of_bounds(const schema_program& program, const evaluator& by);

 private:
  void subschema_of(subschema_id id, const value& v, const place& p, keyword by);
  void instruction_of(const instruction& in, const value& v, const place& p);
  void members(const member_rules& rules, simdjson::dom::object object, const place& p);
  void additional(const member_rules& rules, std::string_view name, const value& v, const place& p);
  void items(const item_rules& rules, simdjson::dom::array items, const place& p);
  void equal_items(const instruction& in, simdjson::dom::array items, const place& p);
  void contained(const instruction& in, simdjson::dom::array items, const place& p);
  void needs(const instruction& in, simdjson::dom::object object, const place& p);
  void alternatives(const instruction& in, const value& v, const place& p);
  violation nearest(const instruction& in, const value& v, const place& p);

  bool full() const noexcept { return found_.size() >= limit_ || evaluator_.gave_up(); }
  void add(const place& p, keyword word, location_id where, std::string sentence);

  const schema_program& program_;
  value document_;
  evaluator evaluator_;
  std::size_t limit_;
  int max_depth_;
  int depth_{};
  std::vector<violation> found_{};
};

}  // namespace td
