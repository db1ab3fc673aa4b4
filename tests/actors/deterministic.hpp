#pragma once

#include <algorithm>
#include <optional>

#include "actors/caf.hpp"
#include "actors/context.hpp"

namespace td::test {

/// An actor system without threads: messages run when the test says so, time passes when the test
/// says so. End every actor before the fixture ends; none of them may be detached.
struct deterministic {
  struct config : caf::actor_system_config {
    config() { set("scheduler.policy", caf::atom("testing")); }
  };

  config cfg;
  caf::actor_system sys{cfg};
  caf::scheduler::test_coordinator& sched =
      dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler());
  caf::scoped_actor self{sys};
  shared_context shared = std::make_shared<context>(settings{}, "test", "test-node");

  /// Runs until no message is left.
  std::size_t run() { return sched.run(); }

  /// Lets time pass, timer by timer, so that timers that arm others fire the right number of times.
  void advance(caf::timespan dt) {
    run();
    auto& clock = sched.clock();
    const auto end = clock.now() + dt;
    while (clock.now() < end) {
      const auto next = clock.schedule().empty()
                            ? end
                            : std::min(end, std::max(clock.schedule().begin()->first, clock.now()));
      clock.advance_time(next - clock.now());
      run();
    }
  }

  /// A request and its answer, at once; absent when an error came instead.
  template <class Reply, class Target, class Message>
  std::optional<Reply> ask(const Target& target, Message m) {
    auto handle = self->request(target, caf::infinite, std::move(m));
    run();
    std::optional<Reply> reply;
    handle.receive([&](const Reply& r) { reply = r; }, [](const caf::error&) {});
    return reply;
  }

  template <class Actor>
  void end(Actor& actor, caf::exit_reason reason = caf::exit_reason::user_shutdown) {
    self->send_exit(actor, reason);
    run();
    actor = Actor{};
  }
};

}  // namespace td::test
