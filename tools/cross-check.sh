#!/bin/sh
# Runs the kernel crate's tests on an emulated 64-bit Arm processor, where they go through the NEON
# kernels, and builds the crate for a bare-metal microcontroller.
#
# The toolchain is Debian's `rustc-web`, which builds its own standard library for any target:
#
#   apt-get install rustc-web cargo-web rust-web-src qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
#
# Where those packages are missing, this says so and succeeds without having checked anything.
set -eu
cd "$(dirname "$0")/.."

missing=
for package in rustc-web cargo-web rust-web-src qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross; do
    dpkg-query -W "$package" >/dev/null 2>&1 || missing="$missing $package"
done
if [ -n "$missing" ]; then
    echo "SKIPPED: nothing was checked for aarch64 and thumbv7em." >&2
    echo "Missing Debian packages:$missing" >&2
    exit 0
fi

# Building the standard library is an unstable feature of cargo.
export PATH=/usr/bin:/bin RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=target/cross
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"

echo "== thumbv7em-none-eabihf: build without std"
cargo build -p leaky-relu --no-default-features --features half \
    -Z build-std=core,alloc --target thumbv7em-none-eabihf

echo "== aarch64-unknown-linux-gnu: tests under qemu-aarch64"
cargo test -p leaky-relu --features half --tests \
    -Z build-std=std,test,panic_unwind --target aarch64-unknown-linux-gnu
