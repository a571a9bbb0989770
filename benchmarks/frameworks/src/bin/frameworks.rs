//! Times the rectifier by itself and training steps of small networks inside Burn and candle, with
//! the allocator that the tool uses.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    frameworks::report("mimalloc")
}
