#include "storage/identity_watch.hpp"

#include <algorithm>
#include <string>

#include "storage/pg.hpp"

namespace td {

namespace {

// As the triggers of 010_identity have it.
constexpr const char* listen_sql = "LISTEN taylordash_identity";

// A server that is silent and one that is gone look alike; a round trip now and then tells.
constexpr std::chrono::seconds proof_of_life{5};

identity_change change_from(std::string_view text) {
  using kind = identity_change::kind;
  const auto word = text.substr(0, text.find(' '));
  const auto id = parse_uuid(text.substr(std::min(text.size(), word.size() + 1)));
  if (!id) return {kind::unknown, {}};
  if (word == "user") return {kind::user, *id};
  if (word == "session") return {kind::session, *id};
  if (word == "key") return {kind::key, *id};
  return {kind::unknown, {}};
}

class pg_identity_watch final : public identity_watch {
 public:
  explicit pg_identity_watch(database_options options) : options_{std::move(options)} {
    // The wait for the proof of life is to be short: meanwhile copies are used.
    options_.statement_timeout = std::min(options_.statement_timeout, limit_of_proof);
  }

  result<void> reconnect() override {
    if (auto r = session_.reopen(options_); !r) return r;
    auto r = session_.exec(listen_sql);
    if (!r) return r.error();
    proved_ = clock::now();
    return ok();
  }

  result<std::vector<identity_change>> wait(std::chrono::milliseconds limit) override {
    if (clock::now() - proved_ >= proof_of_life) {
      if (auto r = session_.exec("SELECT 1"); !r) {
        session_.close();
        return failure{errc::database_away, r.error().detail};
      }
      proved_ = clock::now();
    }
    auto told = session_.notifications(limit);
    if (!told) return told.error();
    std::vector<identity_change> changes;
    for (const auto& text : *told)
      changes.push_back(change_from(text));
    return changes;
  }

 private:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds limit_of_proof{5000};

  database_options options_;
  pg::session session_;
  clock::time_point proved_{};
};

}  // namespace

result<std::unique_ptr<identity_watch>> open_identity_watch(const database_options& options) {
  auto watch = std::make_unique<pg_identity_watch>(options);
  if (auto r = watch->reconnect(); !r) return r.error();
  return std::unique_ptr<identity_watch>{std::move(watch)};
}

}  // namespace td
