#include "schema/compiled_schema.hpp"

#include <utility>

#include "schema/compiler.hpp"
#include "schema/evaluator.hpp"
#include "schema/explainer.hpp"

namespace td {
namespace {

constexpr check_bounds bounds{};

std::optional<violation> first_violation(const schema_program& code, const value& document) {
  evaluator quick{code, document, bounds};
  if (quick.matches(code.root, document)) return std::nullopt;
  if (quick.gave_up()) return explainer::out_of_bounds(code, quick);
  auto found = explainer{code, document, bounds, 1}.explain();
  return std::move(found.front());
}

std::vector<violation> all_violations(const schema_program& code, const value& document,
                                      std::size_t limit) {
  evaluator quick{code, document, bounds};
  if (limit == 0 || quick.matches(code.root, document)) return {};
  if (quick.gave_up()) return {explainer::out_of_bounds(code, quick)};
  return explainer{code, document, bounds, limit}.explain();
}

}  // namespace

static_assert(compiled_schema::max_text_bytes == max_schema_bytes);

struct compiled_schema::program {
  std::unique_ptr<const schema_program> code;
};

result<std::shared_ptr<const compiled_schema>> compiled_schema::compile(std::string_view text) {
  auto code = compile_program(text);
  if (!code) return code.error();
  auto p = std::make_unique<program>(program{std::move(*code)});
  return std::shared_ptr<const compiled_schema>{new compiled_schema{std::move(p)}};
}

compiled_schema::compiled_schema(std::unique_ptr<program> p) : program_{std::move(p)} {}

compiled_schema::~compiled_schema() = default;

std::optional<violation> compiled_schema::check(simdjson::dom::element document) const {
  return first_violation(*program_->code, value::of(document));
}

std::optional<violation> compiled_schema::check(simdjson::dom::object document) const {
  return first_violation(*program_->code, value::of(document));
}

std::vector<violation> compiled_schema::check_all(simdjson::dom::element document,
                                                  std::size_t limit) const {
  return all_violations(*program_->code, value::of(document), limit);
}

std::vector<violation> compiled_schema::check_all(simdjson::dom::object document,
                                                  std::size_t limit) const {
  return all_violations(*program_->code, value::of(document), limit);
}

}  // namespace td
