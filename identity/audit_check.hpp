#pragma once

#include "identity/audit.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace td {

/// What is wrong with an audit log.
struct audit_fault {
  enum class kind : std::uint8_t {
    edited,     ///< the row is not what was chained
    removed,    ///< rows are missing in between
    inserted,   ///< a row that nobody chained has a place in the chain
    cut,        ///< rows at the end are missing: a head that was seen lies beyond the last one
    replaced,   ///< the row at a head that was seen is another one: the end was cut and grew again
    misplaced,  ///< the row is genuine, but its link does not follow from the row before
  };
  kind what{};
  std::int64_t first{};  ///< positions
  std::int64_t last{};
  std::optional<uuid> id{};  ///< of the row, where it is one
  std::string sentence{};
};
std::string_view name_of(audit_fault::kind k) noexcept;

/// Goes through a chain from its beginning. Plain code, one thread.
class audit_check {
 public:
  /// `database`: the head that stands beside the rows, of the same moment.
  audit_check(const crypto::key& k, const audit_head& database)
      : key_{k}, database_{database}, wanted_{database.position} {}

  /// Before the first row: a position that `hold_against` will be asked about.
  void remember(std::int64_t position) { wanted_.push_back(position); }

  /// Every chained row, by position.
  void add(const audit_row& row);

  /// After the last row: holds the rows against the database's own head.
  void finish() { hold_against(database_, "the database"); }

  /// The same: a head that was seen at another time.
  void hold_against(const audit_head& head, std::string_view where_from);

  std::uint64_t rows() const noexcept { return rows_; }
  const audit_head& head() const noexcept { return head_; }  ///< of the rows as they are
  const std::vector<audit_fault>& faults() const noexcept { return faults_; }

  /// Faults beyond this many are counted only: a wrong key makes every row one.
  static constexpr std::size_t most_faults = 1000;
  std::uint64_t fault_count() const noexcept { return count_; }

  /// No row was genuine: the key is another one than that which chained them.
  bool key_fits() const noexcept { return rows_ == 0 || genuine_ > 0; }

 private:
  void fault(audit_fault f);

  bool takes_place_of_forged(const audit_row& row);

  crypto::key key_;
  audit_head database_;
  audit_head head_{};
  bool gap_{};  // the link before this row is not known
  std::uint64_t rows_{};
  std::uint64_t genuine_{};
  std::uint64_t count_{};
  std::vector<audit_fault> faults_{};
  std::vector<std::int64_t> wanted_;
  std::vector<audit_head> seen_{};
};

}  // namespace td
