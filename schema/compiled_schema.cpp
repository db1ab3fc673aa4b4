#include "schema/compiled_schema.hpp"

#include "schema/compiler.hpp"
#include "schema/evaluator.hpp"
#include "schema/explainer.hpp"

#include <utility>

namespace td {
namespace {

constexpr check_bounds bounds{};

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
  auto const& code = *program_->code;
  evaluator quick{code, document, bounds};
  if (quick.matches(code.root, value::of(document))) return std::nullopt;
  if (quick.gave_up()) return explainer::out_of_bounds(code, quick);
  auto found = explainer{code, document, bounds, 1}.explain();
  return std::move(found.front());
}

std::vector<violation> compiled_schema::check_all(simdjson::dom::element document,
                                                  std::size_t limit) const {
  auto const& code = *program_->code;
  evaluator quick{code, document, bounds};
  if (limit == 0 || quick.matches(code.root, value::of(document))) return {};
  if (quick.gave_up()) return {explainer::out_of_bounds(code, quick)};
  return explainer{code, document, bounds, limit}.explain();
}

}  // namespace td
