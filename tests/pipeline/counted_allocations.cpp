#include "tests/pipeline/counted_allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

std::atomic<std::size_t> count{0};
std::atomic<std::size_t> bytes{0};

void* allocate(std::size_t size) noexcept {
  auto* const memory = std::malloc(size == 0 ? 1 : size);
  ++count;
  bytes += malloc_usable_size(memory);
  return memory;
}

void release(void* memory) noexcept {
  bytes -= malloc_usable_size(memory);
  std::free(memory);
}

void* allocate_or_throw(std::size_t size) {
  if (auto* const memory = allocate(size)) return memory;
  throw std::bad_alloc{};
}

}  // namespace

std::size_t td::test::allocations() noexcept {
  return count;
}

std::size_t td::test::allocated_bytes() noexcept {
  return bytes;
}

void* operator new(std::size_t size) {
  return allocate_or_throw(size);
}
void* operator new[](std::size_t size) {
  return allocate_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete[](void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  release(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  release(memory);
}
