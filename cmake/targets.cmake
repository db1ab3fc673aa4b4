# td_library(NAME SOURCES ... LINK ... PCH ...): one static library per folder, target td_NAME.
function(td_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;PCH" ${ARGN})
  add_library(td_${name} STATIC ${arg_SOURCES})
  target_link_libraries(td_${name} PUBLIC td_flags ${arg_LINK})
  if(TD_SANITIZE)
    # The product at a bearable speed; its tests compile faster without.
    target_compile_options(td_${name} PRIVATE -O1)
  endif()
  if(arg_PCH)
    target_precompile_headers(td_${name} PRIVATE ${arg_PCH})
  endif()
endfunction()

# The test programs' main, compiled once and without the precompiled header (which would come before its
# BOOST_TEST_MODULE).
add_library(td_test_main OBJECT ${PROJECT_SOURCE_DIR}/tests/support/main.cpp)
target_compile_definitions(td_test_main PRIVATE BOOST_TEST_DYN_LINK)
target_link_libraries(td_test_main PRIVATE td_flags Boost::unit_test_framework)

# td_test(NAME SOURCES ... LINK ...): one Boost.Test executable per folder, tests/NAME -> test_NAME.
function(td_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(test_${name} $<TARGET_OBJECTS:td_test_main> ${arg_SOURCES})
  target_compile_definitions(test_${name} PRIVATE BOOST_TEST_DYN_LINK)
  target_precompile_headers(test_${name} PRIVATE <boost/test/unit_test.hpp>)
  target_link_libraries(test_${name} PRIVATE td_flags Boost::unit_test_framework
                                             rapidcheck::rapidcheck ${arg_LINK})
  add_test(NAME ${name} COMMAND test_${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()
