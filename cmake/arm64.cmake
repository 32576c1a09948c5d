# Cross-compiles for 64-bit ARM with Debian's compiler, against the sysroot in the environment variable ENTAIL_SYSROOT,
# and runs what was built under QEMU. tools/test-arm64 prepares both.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_SYSROOT $ENV{ENTAIL_SYSROOT})
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L $ENV{ENTAIL_SYSROOT})

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)  # protoc is the host's
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} $ENV{ENTAIL_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} $ENV{ENTAIL_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:$ENV{ENTAIL_SYSROOT}/usr/share/pkgconfig)
