//! As `frameworks`, with the system's allocator.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    frameworks::report("system's")
}
