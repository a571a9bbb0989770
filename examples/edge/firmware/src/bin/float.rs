//! The network in `f32`.
#![no_std]
#![no_main]

use cortex_m_rt::entry;

use edge_firmware::{network, run};
use edge_network::{Memory, float_layers};

#[entry]
fn main() -> ! {
    let Some(memory) = cortex_m::singleton!(: Memory<f32> = Memory::filled(0.0)) else {
        panic!("the memory was taken before");
    };
    match float_layers(&network::FLOAT, network::ALPHA) {
        Ok(layers) => run(&layers, memory),
        // Without what exactly: to print a number takes as much flash as all else.
        Err(_) => panic!("the network has a slope or a scale that is none"),
    }
}
