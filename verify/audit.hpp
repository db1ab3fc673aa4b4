#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/mirror_audit.hpp"
#include "verify/expectation_book.hpp"

namespace td::verify {

/// What can be wrong with what is in the database. Every one of them fails the run.
enum class flaw_kind : std::uint8_t {
  lost,        ///< published and acknowledged by the broker, in neither table
  duplicate,   ///< more than one row for one message
  both,        ///< a row and a dead letter for one message
  invented,    ///< a row or a dead letter that nobody published
  altered,     ///< stored, but not as it was published
  misfiled,    ///< a sound event that was dead-lettered
  wrong_code,  ///< dead-lettered, for another reason than is true
  miscounted,  ///< the journal of batches and the tables tell different stories
};
inline constexpr std::size_t flaw_kinds = 8;

/// "lost", "duplicates", ...: stable names, for JSON and tables.
std::string_view name_of(flaw_kind kind) noexcept;
/// What it means, in one sentence.
std::string_view sentence_of(flaw_kind kind) noexcept;

/// What the audit found.
struct audit_report {
  struct flaws {
    std::uint64_t count{};
    std::vector<std::string> examples{};  ///< the first few, each one line
  };
  std::array<flaws, flaw_kinds> found{};
  std::uint64_t stored{};              ///< rows of the mirror
  std::uint64_t dead_lettered{};       ///< rows of the dead-letter store
  std::uint64_t never_acknowledged{};  ///< in neither table, and the broker never said it had them
  std::uint64_t attempts{};            ///< of all dead letters
  journal_totals journal{};

  const flaws& of(flaw_kind kind) const noexcept { return found[static_cast<std::size_t>(kind)]; }
  std::uint64_t flaw_count() const noexcept;
};

/// Compares the database with the book: each row and each dead letter is shown to it once, in any
/// order, then `finish` looks for what is missing. Knows no server and no SQL. Nobody may publish
/// meanwhile. One thread.
class audit {
 public:
  /// `book` must outlive the audit.
  explicit audit(const expectation_book& book);

  void event(const stored_event& row);
  void dead_letter(const stored_dead_letter& row);

  /// Call once, after the last row.
  audit_report finish(const journal_totals& journal);

 private:
  struct finds {
    std::uint32_t rows{};
    std::uint32_t dead_letters{};
  };

  void note(flaw_kind kind, std::string example);
  void check_content(const stored_event& row, const expectation& expected);
  void check_journal();

  const expectation_book& book_;
  std::vector<finds> finds_;
  audit_report report_;
};

}  // namespace td::verify
