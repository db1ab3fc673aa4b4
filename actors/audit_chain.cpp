#include "actors/audit_chain.hpp"

#include "identity/secret_file.hpp"

#include <fstream>
#include <optional>
#include <utility>

namespace td {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 250ms;
constexpr auto retry_after = 1s;
constexpr std::uint32_t rows_per_step = 1000;
constexpr auto log_every = 10min;
constexpr auto keep_every = 10s;

/// The head that was kept; absent: there is none, or it can't be read.
std::optional<audit_head> kept_head(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  return parse_audit_head(line);
}

class chain_state {
 public:
  using interface = audit_chain_actor;
  static constexpr const char* name = "audit chain";

  chain_state(self_of<chain_state> self, audit_chain_options options)
      : self_{self}, options_{std::move(options)} {
    self_->send(self_, tick{});
  }

  /// An ordered stop: the last head is told.
  ~chain_state() { tell(true); }

  interface::behavior_type make_behavior() {
    return {[this](const tick&) {
      const auto again = look();
      if (!again && again.error().code == errc::stopping) return;
      if (!again) {
        if (!std::exchange(told_, true))
          log_warning("audit rows can't be chained", {kv("reason", to_string(again.error()))});
        store_.reset();
      } else if (std::exchange(told_, false)) {
        log_info("audit rows are chained again");
      }
      tell_self(self_, again ? *again : retry_after, tick{});
    }};
  }

 private:
  /// One step; returns when to look again.
  result<std::chrono::milliseconds> look() {
    if (!store_) {
      auto opened = options_.open();
      if (!opened) return opened.error();
      store_ = *std::move(opened);
      leads_ = false;
    }
    const auto leads = store_->lead();
    if (!leads) return leads.error();
    if (!*leads) return std::chrono::milliseconds{retry_after};
    if (!std::exchange(leads_, true)) {
      if (auto r = take_over(); !r) return r.error();
    }
    const auto chained = store_->chain_waiting(options_.key, rows_per_step);
    if (!chained) return chained.error();
    if (*chained > 0) {
      const auto head = store_->head();
      if (!head) return head.error();
      head_ = *head;
    }
    tell(false);
    return std::chrono::milliseconds{*chained == rows_per_step ? 0ms : look_every};
  }

  /// Whoever begins to lead looks whether what was kept is still there.
  result<void> take_over() {
    const auto head = store_->head();
    if (!head) return head.error();
    head_ = *head;
    const auto kept = kept_head(options_.head_file);
    if (!kept || kept->position == 0) return ok();
    const auto then = store_->head_at(kept->position);
    if (!then) return then.error();
    logged_ = kept_ = *kept;
    if (*then == *kept) return ok();
    log_error("the audit log was cut or replaced: see it with taylordash audit verify",
              {kv("kept", to_string(*kept)), kv("found", to_string(head_))});
    cut_ = true;  // what tells of it is not overwritten
    return ok();
  }

  /// Logs and keeps the head where it has moved and it is time.
  void tell(bool at_once) {
    const auto now = self_->clock().now();
    if (head_ != kept_ && (at_once || now >= keep_next_) && !cut_ && !options_.head_file.empty()) {
      keep_next_ = now + keep_every;
      if (auto r = write_private(options_.head_file, to_string(head_) + "\n"); r) {
        kept_ = head_;
      } else if (!std::exchange(file_told_, true)) {
        log_warning("the head of the audit log can't be kept",
                    {kv("reason", to_string(r.error()))});
      }
    }
    if (head_ != logged_ && (at_once || now >= log_next_)) {
      log_next_ = now + log_every;
      logged_ = head_;
      log_info("audit head", {kv("head", to_string(head_))});
    }
  }

  self_of<chain_state> self_;
  audit_chain_options options_;
  std::unique_ptr<audit_store> store_;
  bool leads_{};
  bool told_{};
  bool file_told_{};
  bool cut_{};  // the kept head is no longer in the log
  audit_head head_{};
  audit_head kept_{};
  audit_head logged_{};
  caf::actor_clock::time_point keep_next_{};
  caf::actor_clock::time_point log_next_{};
};

}  // namespace

std::filesystem::path audit_head_file(const std::filesystem::path& secret_file) {
  if (secret_file.empty()) return {};
  return secret_file.string() + ".audit-head";
}

audit_chain_actor make_audit_chain(caf::actor_system& system, audit_chain_options options) {
  return spawn<chain_state, caf::detached>(system, std::move(options));
}

audit_chain_actor make_scheduled_audit_chain(caf::actor_system& system,
                                             audit_chain_options options) {
  return spawn<chain_state>(system, std::move(options));
}

}  // namespace td
