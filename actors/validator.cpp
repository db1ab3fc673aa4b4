#include "actors/validator.hpp"

namespace td {

namespace {

class validator_state {
 public:
  using interface = validator_actor;
  static constexpr const char* name = "validator";

  validator_state(self_of<validator_state> self, shared_context shared, std::size_t index,
                  std::shared_ptr<const current_schemas> schemas, mirror_sink mirrors)
      : self_{self},
        shared_{std::move(shared)},
        source_{"validator " + std::to_string(index)},
        schemas_{std::move(schemas)},
        mirrors_{std::move(mirrors)},
        validator_{rules_from(shared_->set), schemas_->get()} {}

  interface::behavior_type make_behavior() {
    return {[this](const burst& b) -> caf::result<outcome> {
      const auto& from = b.raw->from;
      shared_->progress.works(from, source_, "checks it", "", self_->clock().now());
      auto done = check(b.raw);
      shared_->progress.works(from, "", "waits for a mirror", "", self_->clock().now());
      return self_->delegate(mirrors_, checked{std::move(done)});
    }};
  }

 private:
  std::shared_ptr<const checked_batch> check(const std::shared_ptr<const batch>& raw) {
    const auto start = std::chrono::steady_clock::now();
    validator_.use(schemas_->get());
    auto done = std::make_shared<const checked_batch>(validator_.check(raw, now()));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    shared_->meters.validate_seconds.Observe(took.count());
    std::uint64_t restamped = 0;
    for (const auto& e : done->events)
      restamped += shared_->recent.restamped(e.event_id, e.occurred_at);
    if (restamped > 0) shared_->meters.restamped_ids.Increment(static_cast<double>(restamped));
    return done;
  }

  self_of<validator_state> self_;
  shared_context shared_;
  std::string source_;
  std::shared_ptr<const current_schemas> schemas_;
  mirror_sink mirrors_;
  validator validator_;
};

}  // namespace

event_rules rules_from(const settings& s) {
  event_rules r;
  const auto wildcard = s.mqtt.filter.find_first_of("#+");
  r.topic_prefix = s.mqtt.filter.substr(0, wildcard);
  r.topic_families = s.events.families;
  r.max_topic_bytes = s.events.max_topic_bytes;
  r.max_body_bytes = s.events.max_body_bytes;
  r.max_depth = s.events.max_depth;
  r.max_string_bytes = s.events.max_string_bytes;
  r.max_source_bytes = s.events.max_source_bytes;
  r.retention = s.retention.events;
  r.allowed_skew = s.events.allowed_skew;
  return r;
}

validator_actor make_validator(caf::actor_system& system, shared_context shared, std::size_t index,
                               std::shared_ptr<const current_schemas> schemas,
                               mirror_sink mirrors) {
  return spawn<validator_state>(system, std::move(shared), index, std::move(schemas),
                                std::move(mirrors));
}

}  // namespace td
