#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actors/interfaces.hpp"
#include "mqtt/lane_session.hpp"
#include "storage/stores.hpp"

namespace td::test {

/// A broker's side of one lane, in memory: what is queued, what is delivered, what is acknowledged.
/// Stands in for the real session in virtual time only; the real one has its own tests.
class fake_session final : public lane_session {
 public:
  std::deque<std::string> queued;         ///< at the broker, not delivered yet
  std::vector<std::string> delivered;     ///< delivered on this connection, unacknowledged
  std::vector<std::string> acknowledged;  ///< in order
  std::optional<failure> refuse_connect;
  std::optional<failure> refuse_end;  ///< said once, though the session is ended
  bool present{true};
  bool ended{};
  int connects{};
  int drops{};
  int left{};
  std::size_t burst{4000};

  result<bool> connect() override {
    ++connects;
    if (refuse_connect) return *refuse_connect;
    up_ = true;
    return present;
  }

  result<std::size_t> read(batch& into, std::chrono::milliseconds) override {
    if (!up_) return failure{errc::broker_away, "cut"};
    std::size_t n = 0;
    for (; n < burst && !queued.empty(); ++n) {
      into.add("tracker/events/tasks/updated", queued.front(), timestamp{});
      delivered.push_back(queued.front());
      queued.pop_front();
    }
    return n;
  }

  result<void> acknowledge() override {
    if (!up_) return failure{errc::broker_away, "cut"};
    acknowledged.insert(acknowledged.end(), delivered.begin(), delivered.end());
    delivered.clear();
    return ok();
  }

  result<void> unsubscribe() override {
    ++unsubscribes;
    return ok();
  }
  result<bool> drained() override { return queued.empty() && delivered.empty(); }
  result<void> end_session() override {
    ended = true;
    up_ = false;
    if (refuse_end) {
      present = false;
      return *std::exchange(refuse_end, std::nullopt);
    }
    return ok();
  }
  result<void> leave() override {
    ++left;
    up_ = false;
    return ok();
  }

  void drop() noexcept override {
    if (!up_) return;
    ++drops;
    up_ = false;
    // The broker delivers again what was not acknowledged.
    queued.insert(queued.begin(), delivered.begin(), delivered.end());
    delivered.clear();
  }

  bool connected() const noexcept override { return up_; }

  std::shared_ptr<waker> get_waker() override {
    struct none : waker {
      void wake() noexcept override {}
    };
    return std::make_shared<none>();
  }

  int unsubscribes{};

 private:
  bool up_{};
};

/// Forwards to a session that the test keeps, so that it outlives the actor that was given it.
class borrowed_session final : public lane_session {
 public:
  explicit borrowed_session(std::shared_ptr<fake_session> to) : to_{std::move(to)} {}
  result<bool> connect() override { return to_->connect(); }
  result<std::size_t> read(batch& b, std::chrono::milliseconds w) override {
    return to_->read(b, w);
  }
  result<void> acknowledge() override { return to_->acknowledge(); }
  result<void> unsubscribe() override { return to_->unsubscribe(); }
  result<bool> drained() override { return to_->drained(); }
  result<void> end_session() override { return to_->end_session(); }
  result<void> leave() override { return to_->leave(); }
  void drop() noexcept override { to_->drop(); }
  bool connected() const noexcept override { return to_->connected(); }
  std::shared_ptr<waker> get_waker() override { return to_->get_waker(); }

 private:
  std::shared_ptr<fake_session> to_;
};

/// The table of slots, shared by the stores of several nodes.
struct slot_table {
  struct row {
    lane_slot slot;
    const void* owner{};
  };
  std::vector<row> rows;
  bool away{};
  int leases_to_refuse{};
};

class fake_lane_store final : public lane_store {
 public:
  explicit fake_lane_store(std::shared_ptr<slot_table> table) : table_{std::move(table)} {}
  ~fake_lane_store() override { drop_leases(); }

  result<uuid> deployment() override { return uuid{}; }

  result<std::vector<listed>> list() override {
    if (lost_ || table_->away) return away();
    std::vector<listed> all;
    for (const auto& r : table_->rows)
      all.push_back({r.slot, r.owner != nullptr, r.owner == this});
    return all;
  }

  result<bool> lease(std::int32_t slot) override {
    if (lost_ || table_->away) return away();
    if (table_->leases_to_refuse > 0) {
      --table_->leases_to_refuse;
      return failure{errc::database_busy, "out of shared memory"};
    }
    auto& r = row(slot);
    if (r.owner && r.owner != this) return false;
    r.owner = this;
    return true;
  }

  result<lane_slot> create(bool ordered) override {
    if (lost_ || table_->away) return away();
    std::set<std::int32_t> taken;
    for (const auto& r : table_->rows)
      taken.insert(r.slot.slot);
    std::int32_t n = 0;
    while (taken.contains(n))
      ++n;
    table_->rows.push_back({{n, ordered, false, "client-" + std::to_string(n)}, this});
    return table_->rows.back().slot;
  }

  result<void> retire(std::int32_t slot) override {
    row(slot).slot.retiring = true;
    return ok();
  }

  result<void> remove(std::int32_t slot) override {
    std::erase_if(table_->rows, [&](auto& r) { return r.slot.slot == slot; });
    return ok();
  }

  result<void> release(std::int32_t slot) override {
    row(slot).owner = nullptr;
    return ok();
  }

  result<void> confirm() override {
    if (lost_ || table_->away) {
      drop_leases();
      lost_ = true;
      return away();
    }
    return ok();
  }

  result<void> reconnect() override {
    drop_leases();
    if (table_->away) return away();
    lost_ = false;
    return ok();
  }

 private:
  static failure away() { return {errc::database_away, "the test says so"}; }

  slot_table::row& row(std::int32_t slot) {
    return *std::find_if(table_->rows.begin(), table_->rows.end(),
                         [&](auto& r) { return r.slot.slot == slot; });
  }

  void drop_leases() {
    for (auto& r : table_->rows) {
      if (r.owner == this) r.owner = nullptr;
    }
  }

  std::shared_ptr<slot_table> table_;
  bool lost_{};
};

}  // namespace td::test
