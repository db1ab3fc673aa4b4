#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/schema.hpp"
#include "schema/compiled_schema.hpp"
#include "schema/shadow_book.hpp"

namespace td {

/// A schema of one kind and version, as text.
struct schema_definition {
  std::string kind{};
  std::int32_t version{};
  bool candidate{};  ///< checks events in the shadow of the active ones; refuses none
  std::string body{};
};

/// What becomes of events whose kind has no active schema.
enum class unknown_kinds : std::uint8_t {
  open,    ///< they pass
  strict,  ///< they are dead letters
};

/// The schemas in force, compiled. An event is judged by the version that it names, else by the
/// highest active one of its kind; candidates are asked, too, about the events that would be
/// theirs, and their answers noted in the shadow book. Immutable; any thread.
class schema_registry final : public schema_set {
 public:
  /// Compiles what `previous` (may be null) has not compiled already. configuration_invalid: one of
  /// them can't be; the detail names it.
  static result<std::shared_ptr<const schema_registry>> make(
      std::span<const schema_definition> definitions, unknown_kinds others,
      std::shared_ptr<shadow_book> shadows, const schema_registry* previous);

  schema_judgement check(const schema_question& about,
                         simdjson::dom::element payload) const override;

  std::size_t active() const noexcept { return active_; }          ///< versions, of all kinds
  std::size_t candidates() const noexcept { return candidates_; }  ///< versions, of all kinds

 private:
  struct entry {
    std::int32_t version{};
    std::shared_ptr<const std::string> body{};
    std::shared_ptr<const compiled_schema> schema{};
    std::shared_ptr<shadow_tally> tally{};  ///< of a candidate
  };
  struct versions {
    std::vector<entry> active{};  ///< newest first
    std::vector<entry> candidates{};
  };
  struct text_hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  schema_registry(unknown_kinds others) : others_{others} {}
  const entry* find(std::string_view kind, std::int32_t version) const;
  schema_judgement judge(const versions& known, const schema_question& about,
                         simdjson::dom::element payload) const;

  std::unordered_map<std::string, versions, text_hash, std::equal_to<>> kinds_;
  unknown_kinds others_;
  std::size_t active_{};
  std::size_t candidates_{};
};

}  // namespace td
