#include "schema/pattern.hpp"

#include <re2/re2.h>
#include <utility>

#include <fmt/format.h>

namespace td {
namespace {

/// RE2 stores one instruction in this many bytes (re2/prog.h).
constexpr std::size_t instruction_bytes = 8;

/// RE2 gives two thirds of its memory to searching forwards (re2/re2.cc); of these the program may
/// have half, so that as much is left for the states of a search.
constexpr std::size_t re2_memory = pattern::max_program_bytes * 2 * 3 / 2;

RE2::Options re2_options() {
  RE2::Options options;
  options.set_log_errors(false);  // a failure is a value here, not a line on stderr
  options.set_never_capture(true);
  options.set_max_mem(re2_memory);
  return options;
}

failure refused(std::string sentence) {
  return {errc::configuration_invalid, std::move(sentence)};
}

}  // namespace

struct pattern::impl {
  explicit impl(const std::string& text) : program{text, re2_options()} {}

  RE2 program;
};

result<pattern> pattern::compile(std::string_view ecma) {
  auto const text = re2_of_ecma(ecma);
  if (!text) return text.error();
  auto compiled = std::make_unique<impl>(*text);
  auto const too_large = compiled->program.error_code() == RE2::ErrorPatternTooLarge;
  if (!compiled->program.ok() && !too_large) {
    return refused(fmt::format("RE2 refuses the pattern: {}", compiled->program.error()));
  }
  pattern made{std::move(compiled)};
  if (too_large || made.program_bytes() > max_program_bytes) {
    return refused(
        fmt::format("the pattern is too large: compiled it takes more than {} KiB; "
                    "repeat large classes less often, bound lengths by \"maxLength\"",
                    max_program_bytes / 1024));
  }
  return made;
}

pattern::pattern(std::unique_ptr<impl> i) : impl_{std::move(i)} {}
pattern::pattern(pattern&&) noexcept = default;
pattern& pattern::operator=(pattern&&) noexcept = default;
pattern::~pattern() = default;

bool pattern::matches(std::string_view text) const {
  return impl_->program.Match({text.data(), text.size()}, 0, text.size(), RE2::UNANCHORED, nullptr,
                              0);
}

std::size_t pattern::program_bytes() const noexcept {
  return static_cast<std::size_t>(impl_->program.ProgramSize()) * instruction_bytes;
}

}  // namespace td
