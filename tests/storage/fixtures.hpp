#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "storage/pg.hpp"
#include "storage/stores.hpp"
#include "tests/support/postgres_server.hpp"

namespace td::test {

/// The value of a result that has to be there.
template <class T>
T must(result<T> r) {
  if (!r) throw std::runtime_error(to_string(r.error()));
  return std::move(*r);
}
inline void must(result<void> r) {
  if (!r) throw std::runtime_error(to_string(r.error()));
}

/// An event id that is easy to read in a failure: the number in its last bytes. Ids of equal
/// `family` sort by number.
uuid id_of(std::uint32_t number, std::uint8_t family = 0);

/// A migrated database of its own, and a session to look at it with.
struct fresh_database {
  explicit fresh_database(postgres_server& on = postgres_server::shared());
  ~fresh_database();

  postgres_server& server;
  std::string name;
  database_options options{};
  pg::session eye;

  /// The first value of the last statement; throws when it fails.
  std::string value(const std::string& sql);
  std::int64_t number(const std::string& sql);
  void run(const std::string& sql) { value(sql); }

  /// From now on notes by which way rows enter the mirror.
  void watch_ways();
  /// "copy", "merge" or "isolate" per statement that was committed, separated by spaces; forgets.
  std::string ways();
};

/// Polls until the query says true, for states of the server that nothing announces. Throws after
/// 20 s.
void await(pg::session& eye, const std::string& sql);

/// Noon of today, UTC: a time whose partition `fresh_database` has made.
timestamp noon();

/// Builds checked batches as the validator would.
class batch_builder {
 public:
  batch_builder() : raw_{std::make_shared<batch>()} {}

  batch_builder& from(std::int32_t lane, std::uint64_t epoch = 1, std::uint64_t number = 1);
  batch_builder& event(const uuid& id, std::string_view payload = R"({"n":1})",
                       timestamp at = noon(), std::string_view kind = "task_updated");
  batch_builder& reject(std::string_view body, errc code = errc::not_json,
                        std::string_view pointer = "",
                        std::string_view topic = "tracker/events/tasks/updated");
  /// Events id_of(first) to id_of(first + count - 1).
  batch_builder& events(std::uint32_t first, std::uint32_t count, std::uint8_t family = 0);

  checked_batch build();  ///< leaves an empty builder

 private:
  std::shared_ptr<batch> raw_;
  checked_batch checked_;
};

}  // namespace td::test
