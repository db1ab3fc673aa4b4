#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include "pipeline/result.hpp"
#include "pipeline/time.hpp"
#include "pipeline/uuid.hpp"

namespace td {

/// What a schema set is told about the event whose payload it judges.
struct schema_question {
  std::string_view kind{};
  std::int32_t version{};  ///< that the producer named; 0: none
  uuid event_id{};
  timestamp occurred_at{};
};

struct schema_judgement {
  std::int32_t version{};  ///< of the schema that judged; 0: there is none for this kind
  std::optional<failure> refused{};
};

/// The seam for schemas per kind and version. A set never changes once it is shared; a new one
/// takes its place. Any thread may ask it.
class schema_set {
 public:
  virtual ~schema_set() = default;

  /// Holds a payload against the schema of its kind and version. Refusals are errc unknown_kind,
  /// schema_version_unknown or schema_violation, with the pointer relative to the payload, which
  /// is an object.
  virtual schema_judgement check(const schema_question& about,
                                 simdjson::dom::element payload) const = 0;
};

/// Accepts every kind and payload.
class open_schema_set final : public schema_set {
 public:
  schema_judgement check(const schema_question&, simdjson::dom::element) const override {
    return {};
  }
};

/// The set in force, which may be replaced while others use the one before. Any thread.
class current_schemas {
 public:
  explicit current_schemas(std::shared_ptr<const schema_set> first) : set_{std::move(first)} {}

  std::shared_ptr<const schema_set> get() const {
    const std::lock_guard lock{mutex_};
    return set_;
  }
  void put(std::shared_ptr<const schema_set> next) {
    const std::lock_guard lock{mutex_};
    set_.swap(next);  // the old one ends outside the lock
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const schema_set> set_;
};

}  // namespace td
