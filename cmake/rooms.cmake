# entail_flags(target): warnings, sanitizers and the include root that every target of this project shares.
function(entail_flags target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion)
  if(ENTAIL_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 reports false positives for these under -O2, -O3 and the sanitizers (GCC bugs 105562, 105329, 105651);
    # clang 19 compiles the same code with its own checks.
    target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
  endif()
  if(ENTAIL_BUILD_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)  # coverage in the rooms too, or libFuzzer is blind
  endif()
  if(ENTAIL_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${ENTAIL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${ENTAIL_SANITIZE})
    # UndefinedBehaviorSanitizer with -O1 takes twice the time to compile; only the rooms are worth it, and the test that
    # computes most.
    get_target_property(type ${target} TYPE)
    if(ENTAIL_SANITIZE MATCHES "undefined" AND NOT type STREQUAL "OBJECT_LIBRARY" AND NOT target STREQUAL "reservoir_test")
      target_compile_options(${target} PRIVATE -O0)
    endif()
  endif()
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
    set_property(GLOBAL APPEND PROPERTY ENTAIL_ROOMS entail_${name})
  else()
    add_library(entail_${name} INTERFACE)
    target_include_directories(entail_${name} INTERFACE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/include)
    target_link_libraries(entail_${name} INTERFACE ${ARGN})
  endif()
endfunction()

# entail_collect(room folder type): the files in core/ROOM/FOLDER belong to the room too. Each file NAME.cpp defines
# `TYPE NAME_TYPE()`, with the type's name in lower case; entail::ROOM::collected_FOLDER() calls all of them, by name.
# So a new file needs no entry in a list.
function(entail_collect room folder type)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${room}/${folder}/*.cpp)
  string(TOLOWER ${type} suffix)
  set(declarations "")
  set(calls "")
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    string(APPEND declarations "${type} ${name}_${suffix}();\n")
    string(APPEND calls "  collected.push_back(${name}_${suffix}());\n")
  endforeach()
  string(TOLOWER ${type} header)
  set(list ${CMAKE_CURRENT_BINARY_DIR}/${room}/${folder}.cpp)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/collected.cpp.in ${list} @ONLY)
  target_sources(entail_${room} PRIVATE ${sources} ${list})
endfunction()
