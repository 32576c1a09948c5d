# entail_flags(target): warnings, sanitizers and the include root that every target of this project shares.
function(entail_flags target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
  if(ENTAIL_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports false positives for these under -O2, -O3 and the sanitizers (GCC bugs 105562, 105329, 105651);
    # clang 19 compiles the same code with its own checks.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
                           -Wno-stringop-overread -Wno-array-bounds)
  endif()
  if(ENTAIL_BUILD_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)  # coverage in the rooms too, or libFuzzer is blind
  endif()
  if(ENTAIL_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${ENTAIL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${ENTAIL_SANITIZE})
    # These checks double the time that GCC takes to compile a file. AddressSanitizer finds what the first three are for;
    # the fuzz targets, which Clang compiles, run with all of them.
    if(ENTAIL_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -fno-sanitize=null,object-size,vptr,alignment)
    endif()
    # Only the rooms are worth the time of optimising, and the test that computes most.
    get_target_property(type ${target} TYPE)
    if(ENTAIL_SANITIZE MATCHES "undefined" AND NOT type STREQUAL "OBJECT_LIBRARY" AND NOT target STREQUAL "reservoir_test")
      target_compile_options(${target} PRIVATE -O0)
    endif()
  endif()
endfunction()

# GCC precompiles headers when it builds tests, which saves a quarter of the time of compiling a file. Builds that find a
# missing include do not: those with Clang, for release, and with ccache, which stores no result that depends on precompiled
# headers.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND ENTAIL_BUILD_TESTS AND NOT ENTAIL_CCACHE)
  set(ENTAIL_PRECOMPILES ON)
else()
  set(ENTAIL_PRECOMPILES OFF)
endif()
# Rooms that compute little: without optimisation in sanitizer builds, in half the time.
set(ENTAIL_ROOMS_UNOPTIMISED option ottl config capi)
# Sources that GCC compiles eight at a time where it precompiles headers, which halves the time again: those of these
# rooms, of the command, and in tests/CMakeLists.txt, of these rooms' tests. Such files must not define a name twice; those
# that do are compiled alone.
set(ENTAIL_ROOMS_IN_BATCHES base capi config context emit engine graph links notes option otlp ottl policy propagate
    reservoir retention store text wire)
set(ENTAIL_COMPILED_ALONE "policy/(compiler|condition_|ottl_)|ottl/(go_|lexer|xpath)")
string(APPEND ENTAIL_COMPILED_ALONE "|otlp/(json_read_attribute|json_print_test)|entail/(stories/|input/inflate)|naive_engine")
# Precompiled for the core. The rooms share those of base, or of option if they are not optimised.
set(ENTAIL_CORE_HEADERS <algorithm> <array> <atomic> <bit> <charconv> <cmath> <cstring> <functional> <limits> <map>
    <memory> <memory_resource> <new> <optional> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>)

# entail_compile_in_batches(target): see ENTAIL_ROOMS_IN_BATCHES.
function(entail_compile_in_batches target)
  if(NOT ENTAIL_PRECOMPILES)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "${ENTAIL_COMPILED_ALONE}")
  set_source_files_properties(${sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# entail_room(name [rooms and libraries that it may include]): one room of the core, as an object library.
# All .cpp files of the room's folder belong to it.
function(entail_room name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  if(sources)
    add_library(entail_${name} OBJECT ${sources})
    target_include_directories(entail_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/include)
    target_link_libraries(entail_${name} PUBLIC ${ARGN})
    # libentail.so gives out what entail.h marks, and nothing else.
    set_target_properties(entail_${name} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
    entail_flags(entail_${name})
    set(owner base)
    if(ENTAIL_SANITIZE AND name IN_LIST ENTAIL_ROOMS_UNOPTIMISED)
      target_compile_options(entail_${name} PRIVATE -O0)
      set(owner option)
    endif()
    if(ENTAIL_PRECOMPILES)
      target_compile_options(entail_${name} PRIVATE -pthread)
      if(name STREQUAL owner)
        target_precompile_headers(entail_${name} PRIVATE ${ENTAIL_CORE_HEADERS})
      else()
        target_precompile_headers(entail_${name} REUSE_FROM entail_${owner})
      endif()
    endif()
    if(name IN_LIST ENTAIL_ROOMS_IN_BATCHES)
      entail_compile_in_batches(entail_${name})
    endif()
    set_property(GLOBAL APPEND PROPERTY ENTAIL_ROOMS entail_${name})
  else()
    add_library(entail_${name} INTERFACE)
    target_include_directories(entail_${name} INTERFACE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/include)
    target_link_libraries(entail_${name} INTERFACE ${ARGN})
  endif()
endfunction()

# entail_parts(room folder): every .cpp file of the room's folder belongs to the room and is one part of it. The header
# <room>/<folder>.inc lists the parts, ENTAIL_PART(name) for name.cpp: the room includes it to call each of them.
function(entail_parts room folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${room}/${folder}/*.cpp)
  set(parts "")
  foreach(source ${sources})
    get_filename_component(part ${source} NAME_WE)
    string(APPEND parts "ENTAIL_PART(${part})\n")
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/parts/${room}/${folder}.inc CONTENT "${parts}" @ONLY)
  target_sources(entail_${room} PRIVATE ${sources})
  set_source_files_properties(${sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)   # each part has its `kRows`, `compile`
  target_include_directories(entail_${room} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/parts)
endfunction()
