#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <simdjson.h>

#include "pipeline/result.hpp"
#include "schema/program.hpp"

namespace td {

inline constexpr std::size_t max_schema_bytes = 1u << 20;
inline constexpr std::size_t max_schema_depth = 64;    ///< containers within each other
inline constexpr std::size_t max_subschemas = 10'000;  ///< schemas within a schema
inline constexpr std::size_t max_schema_patterns = 200;
inline constexpr std::size_t max_pattern_programs = 4u << 20;  ///< bytes, of all its patterns

/// Absent: configuration_invalid, see `compiled_schema::compile`.
result<std::unique_ptr<const schema_program>> compile_program(std::string_view text);

/// Turns a schema that is well-formed JSON into a program. Used once.
class schema_compiler {
 public:
  using element = simdjson::dom::element;
  using fault = std::optional<failure>;

  explicit schema_compiler(schema_program& out) : out_{out} { out_.locations.push_back({}); }

  /// Absent when `out` holds the program of `root`.
  fault compile(element root);

 private:
  /// One schema object while it is read: its keywords, and the instructions they became.
  struct reading {
    location_id where{};
    std::array<element, keyword_count> values{};
    std::bitset<keyword_count> there{};
    std::uint8_t types{type_bit::all};
    std::array<std::vector<instruction>, group_count> groups{};

    bool has(keyword k) const { return there[static_cast<std::size_t>(k)]; }
    element operator[](keyword k) const { return values[static_cast<std::size_t>(k)]; }
  };

  // -- compiler.cpp: schemas and where they stand ---
  fault read_draft(element root);
  fault schema(element value, location_id where, subschema_id& out);
  fault keywords(element value, reading& in);
  fault annotations(const reading& in);
  fault schema_of(const reading& in, keyword k, subschema_id& out);
  fault schema_list(const reading& in, keyword k, std::vector<subschema_id>& out);
  fault each_member(const reading& in, keyword k,
                    const auto& then);  ///< fault then(name, value, location)
  subschema_id finish(reading& in, subschema_id id);
  location_id child(location_id parent, std::string_view token);
  location_id child(location_id parent, std::uint32_t index);
  location_id at(const reading& in, keyword k) { return child(in.where, name_of(k)); }
  void emit(reading& in, group g, operation op, keyword k, std::uint32_t a = 0,
            std::uint32_t b = 0);

  // -- compiler_values.cpp: what concerns one value ---
  fault types(reading& in);
  fault constants(reading& in);
  fault numeric(reading& in);
  fault textual(reading& in);
  fault count(const reading& in, keyword k, std::uint32_t& out);
  fault counted(reading& in, group g, operation op, keyword k);
  fault add_pattern(std::string_view text, location_id where, std::uint32_t& out);
  value_set set_of(std::vector<element> listed) const;

  // -- compiler_containers.cpp: arrays and objects ---
  fault arrays(reading& in);
  fault items(reading& in);
  fault contained(reading& in);
  fault objects(reading& in);
  fault named_members(reading& in, member_rules& rules);
  fault dependents(reading& in);
  fault add_need(std::string_view name, element names, location_id where);
  fault unique_names(element value, location_id where, keyword k,
                     std::vector<std::string_view>& out);

  // -- compiler_references.cpp: other subschemas, in place ---
  fault applicators(reading& in);
  fault reference(reading& in);
  fault anchor(const reading& in, subschema_id id);
  fault resolve();
  fault target_of(std::string_view reference, location_id where, subschema_id& out) const;
  fault follow(std::string_view pointer, std::string_view reference, location_id where,
               subschema_id& out) const;
  fault find_cycle() const;
  std::vector<std::pair<subschema_id, location_id>> in_place(subschema_id id) const;

  // -- failures ---
  failure refusal(location_id where, std::string detail) const;
  /// `"minLength" is the number -1; <wanted> is needed`.
  failure wrong(location_id where, keyword k, element value, std::string_view wanted) const;

  struct pending {
    std::string_view target{};
    location_id where{};
  };
  /// Parent, whether by index, index, name.
  using step = std::tuple<location_id, bool, std::uint32_t, std::string_view>;

  location_id place(const step& s, const location& l);

  schema_program& out_;
  element root_{};
  draft draft_{draft::draft_2020_12};
  std::map<step, location_id> places_{};
  std::map<location_id, subschema_id> schemas_at_{};
  std::map<std::string_view, subschema_id> anchors_{};
  std::size_t pattern_bytes_{};
  std::vector<pending> references_{};  ///< by the `a` of a reference, until they are resolved
};

}  // namespace td
