#include "actors/replay.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

#include "actors/validator.hpp"
#include "pipeline/backoff.hpp"
#include "storage/replay_run.hpp"

namespace td {

namespace {

using namespace std::chrono_literals;

constexpr auto idle_look = 500ms;  // how late a new job begins
constexpr auto lease_look = 5s;    // another node runs the jobs
constexpr auto trouble_base = 500ms;
constexpr auto trouble_cap = 30s;
constexpr std::size_t most_items = 500;        // of one step: a transaction's worth
constexpr std::uint32_t steps_per_second = 4;  // with a rate: how evenly it is spread

std::string node_name() {
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  return "taylordash@" + std::string{host};
}

class replay_state_machine {
 public:
  using interface = replay_actor;
  static constexpr const char* name = "replay";

  replay_state_machine(self_of<replay_state_machine> self, shared_context shared,
                       std::shared_ptr<const current_schemas> schemas, replay_stores stores)
      : self_{self},
        shared_{std::move(shared)},
        schemas_{std::move(schemas)},
        stores_{std::move(stores)},
        check_{rules_from(shared_->set), schemas_->get()},
        backoff_{trouble_base, trouble_cap, 0} {
    self_->send(self_, tick{});
  }

  interface::behavior_type make_behavior() {
    return {[this](const tick&) {
      const auto again = look();
      if (!again && again.error().code == errc::stopping) return;
      if (!again) return trouble(again.error());
      if (std::exchange(told_, false)) log_info("replay goes on");
      backoff_.reset();
      tell_self(self_, *again, tick{});
    }};
  }

 private:
  /// One step; returns when the next is due.
  result<std::chrono::milliseconds> look() {
    if (!jobs_) {
      auto opened = stores_.open_jobs();
      if (!opened) return opened.error();
      jobs_ = *std::move(opened);
    }
    const auto leads = jobs_->lead();
    if (!leads) return leads.error();
    if (!*leads) return std::chrono::milliseconds{lease_look};
    const auto job = jobs_->next_job(node_);
    if (!job) return job.error();  // also its count; a job that can't be read is ended by `work`
    if (!*job) return std::chrono::milliseconds{idle_look};
    if (!mirror_) {
      auto opened = stores_.open_mirror();
      if (!opened) return opened.error();
      mirror_ = *std::move(opened);
    }
    return work(**job);
  }

  result<std::chrono::milliseconds> work(const replay_job& job) {
    const auto rate = job.request.rate;
    const auto most =
        rate == 0 ? most_items : std::clamp<std::size_t>(rate / steps_per_second, 1, most_items);
    check_.use(schemas_->get());
    replay_run run{*jobs_, *mirror_, check_, node_};
    const auto done = run.step(job, most);
    if (!done && disposition_of(done.error().code) == disposition::retry) return done.error();
    if (!done) {  // it would fail for ever, and hold up the jobs behind it
      log_error("replay job failed", {kv("job", job.id), kv("reason", to_string(done.error()))});
      if (auto r = jobs_->finish(job.id, done.error(), node_); !r) return r.error();
      return 0ms;
    }
    if (!job.request.dry_run) count(*done);
    if (done->over) log_info("replay job has nothing left", {kv("job", job.id)});
    if (rate == 0) return 0ms;
    return std::chrono::milliseconds{done->items * 1000 / rate};
  }

  void count(const replay_run::progress& p) {
    auto& m = shared_->meters;
    m.replay_passed.Increment(static_cast<double>(p.passed));
    m.replay_duplicate.Increment(static_cast<double>(p.duplicate));
    m.replay_refused.Increment(static_cast<double>(p.refused));
  }

  void trouble(const failure& why) {
    if (!std::exchange(told_, true)) log_warning("replay waits", {kv("reason", to_string(why))});
    if (jobs_ && !jobs_->reconnect()) jobs_.reset();
    if (mirror_ && !mirror_->reconnect()) mirror_.reset();
    tell_self(self_, backoff_.next(), tick{});
  }

  self_of<replay_state_machine> self_;
  shared_context shared_;
  std::shared_ptr<const current_schemas> schemas_;
  replay_stores stores_;
  validator check_;
  backoff backoff_;
  std::string node_ = node_name();
  std::unique_ptr<replay_store> jobs_;
  std::unique_ptr<mirror_store> mirror_;
  bool told_{};
};

}  // namespace

replay_actor make_replay(caf::actor_system& system, shared_context shared,
                         std::shared_ptr<const current_schemas> schemas, replay_stores stores) {
  return spawn<replay_state_machine, caf::detached>(system, std::move(shared), std::move(schemas),
                                                    std::move(stores));
}

replay_actor make_scheduled_replay(caf::actor_system& system, shared_context shared,
                                   std::shared_ptr<const current_schemas> schemas,
                                   replay_stores stores) {
  return spawn<replay_state_machine>(system, std::move(shared), std::move(schemas),
                                     std::move(stores));
}

}  // namespace td
