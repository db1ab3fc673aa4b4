# How our own code is compiled: C++20, strict warnings as errors, sanitizers by preset, ccache and mold where present.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

option(TD_FUZZ "Only the libFuzzer programs of tests/fuzz; needs Clang" OFF)
set(TD_SANITIZE "" CACHE STRING "Sanitizers to compile with, for example address,undefined")

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers and ccache agree only with these sloppiness settings (ccache manual, "Precompiled headers").
  # Paths are hashed relative to the checkout, so that a second clone finds what the first one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=true ${CCACHE})
endif()

add_library(td_flags INTERFACE)
target_include_directories(td_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(
  td_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror -fno-omit-frame-pointer
                     $<$<AND:$<BOOL:${CCACHE}>,$<CXX_COMPILER_ID:GNU>>:-fpch-preprocess>)

if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # With optimisation GCC 12 sees overruns in `std::string + "text"` that are not there (GCC bugs 105329, 105651); the
  # sanitizers of the debug build see those that are.
  target_compile_options(td_flags INTERFACE $<$<CONFIG:RelWithDebInfo>:-Wno-array-bounds -Wno-restrict>)
endif()

find_program(MOLD mold)
if(MOLD)
  target_link_options(td_flags INTERFACE -fuse-ld=mold)
endif()

if(TD_SANITIZE)
  # CAF 0.17 trips -fsanitize=null inside its own headers (init_fun_factory.hpp).
  target_compile_options(td_flags INTERFACE -fsanitize=${TD_SANITIZE} -fno-sanitize=null
                                            -fno-sanitize-recover=all)
  if(TD_SANITIZE STREQUAL "thread")
    # GCC 12 warns that ThreadSanitizer does not know the fences in Asio's headers, and of members of a result that its
    # instrumentation hides from it.
    target_compile_options(td_flags INTERFACE -Wno-tsan -Wno-maybe-uninitialized)
  endif()
  # Line tables are all that a sanitizer's report needs, and cost half of full debug information.
  set(CMAKE_CXX_FLAGS_DEBUG "-g1")
  target_link_options(td_flags INTERFACE -fsanitize=${TD_SANITIZE})
endif()
