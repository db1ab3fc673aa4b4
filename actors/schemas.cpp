#include "actors/schemas.hpp"

#include <optional>
#include <utility>

namespace td {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 1s;      // how late a promoted version is in force
constexpr auto looks_per_flush = 3;  // how much a killed node forgets of what candidates said

class schemas_state {
 public:
  using interface = schemas_actor;
  static constexpr const char* name = "schemas";

  schemas_state(self_of<schemas_state> self, shared_context shared,
                std::shared_ptr<schema_service> schemas, open_schemas open)
      : self_{self},
        shared_{std::move(shared)},
        schemas_{std::move(schemas)},
        open_{std::move(open)} {
    self_->send(self_, tick{});
  }

  /// An ordered stop: what the last batches' candidates said is kept.
  ~schemas_state() {
    if (store_) (void)flush();
  }

  interface::behavior_type make_behavior() {
    return {[this](const tick&) {
      const auto r = look();
      if (!r && r.error().code == errc::stopping) return;
      if (!r) {
        if (!std::exchange(told_, true))
          log_warning("schemas can't be looked at", {kv("reason", to_string(r.error()))});
        if (store_ && !store_->reconnect()) store_.reset();
      } else if (std::exchange(told_, false)) {
        log_info("schemas are looked at again");
      }
      tell_self(self_, look_every, tick{});
    }};
  }

 private:
  result<void> look() {
    if (!store_) {
      auto opened = open_();
      if (!opened) return opened.error();
      store_ = *std::move(opened);
    }
    const auto revision = store_->revision();
    if (!revision) return revision.error();
    if (*revision != schemas_->revision && *revision != refused_) {
      if (auto r = renew(*revision); !r) return r;
    }
    if (++looks_ % looks_per_flush == 0) return flush();
    return ok();
  }

  result<void> renew(std::int64_t revision) {
    const auto loaded = load_schemas(*store_, shared_->set, *schemas_);
    if (loaded) {
      shared_->meters.schema_changes.Increment();
      log_info("schemas changed",
               {kv("revision", schemas_->revision), kv("active", schemas_->compiled->active()),
                kv("candidates", schemas_->compiled->candidates())});
      return ok();
    }
    if (loaded.error().code != errc::configuration_invalid) return loaded;
    refused_ = revision;
    log_error("a schema can't be compiled: the ones before it stay in force",
              {kv("reason", to_string(loaded.error()))});
    return ok();
  }

  result<void> flush() {
    // What could not be saved waits, and the book goes on counting meanwhile.
    if (unsaved_.empty()) unsaved_ = schemas_->shadows->take();
    if (auto r = store_->add_shadows(unsaved_); !r) return r;
    unsaved_.clear();
    return ok();
  }

  self_of<schemas_state> self_;
  shared_context shared_;
  std::shared_ptr<schema_service> schemas_;
  open_schemas open_;
  std::unique_ptr<schema_store> store_;
  std::vector<shadow_counts> unsaved_;
  std::optional<std::int64_t> refused_;  // the revision that could not be compiled
  std::uint64_t looks_{};
  bool told_{};
};

}  // namespace

result<void> load_schemas(schema_store& from, const settings& s, schema_service& into) {
  const auto loaded = from.load();
  if (!loaded) return loaded.error();
  const auto others =
      s.schemas.unknown_kinds == "strict" ? unknown_kinds::strict : unknown_kinds::open;
  auto made = schema_registry::make(loaded->definitions, others, into.shadows, into.compiled.get());
  if (!made) return made.error();
  into.revision = loaded->revision;
  into.compiled = *made;
  into.current.put(*std::move(made));
  return ok();
}

schemas_actor make_schemas(caf::actor_system& system, shared_context shared,
                           std::shared_ptr<schema_service> schemas, open_schemas open) {
  return spawn<schemas_state, caf::detached>(system, std::move(shared), std::move(schemas),
                                             std::move(open));
}

schemas_actor make_scheduled_schemas(caf::actor_system& system, shared_context shared,
                                     std::shared_ptr<schema_service> schemas, open_schemas open) {
  return spawn<schemas_state>(system, std::move(shared), std::move(schemas), std::move(open));
}

}  // namespace td
