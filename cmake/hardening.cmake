# ENTAIL_HARDEN: how released binaries are built. tools/check-binaries checks the result.
#   full RELRO, PIE, stack protector, FORTIFY, control-flow protection (CET; on ARM, BTI and PAC), and no path of the
#   machine that built them.
# ENTAIL_STATIC_PROGRAM: the command needs no library at run time, not even glibc. For the tarball, which runs on every
#   Linux distribution; find_package and pkg_check_modules then look for static libraries.
option(ENTAIL_HARDEN "Hardening flags, and no build paths in binaries" OFF)
option(ENTAIL_STATIC_PROGRAM "Link the command statically" OFF)

if(ENTAIL_HARDEN)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection
                      -ffile-prefix-map=${PROJECT_BINARY_DIR}=build -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
  add_compile_definitions(_FORTIFY_SOURCE=2)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_compile_options(-fcf-protection=full)
  elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    add_compile_options(-mbranch-protection=standard)
  endif()
  add_link_options(LINKER:-z,relro,-z,now,-z,noexecstack LINKER:--as-needed)
  if(NOT ENTAIL_STATIC_PROGRAM)  # else -pie would take back -static-pie
    include(CheckPIESupported)
    check_pie_supported(LANGUAGES CXX)
  endif()
endif()
if(ENTAIL_STATIC_PROGRAM)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
endif()
