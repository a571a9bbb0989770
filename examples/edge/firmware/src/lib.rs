//! A network reads digits on a microcontroller: what both forms of it share.
//!
//! Prints the bits of every output, and at the end what all digits together took. Nothing allocates:
//! `leaky-relu` knows vectors and so asks for a heap; it is one of no bytes, which the linker leaves out.
#![no_std]

use panic_semihosting as _;

use cortex_m::peripheral::{SYST, syst::SystClkSource};
use cortex_m_semihosting::{debug, hprint, hprintln};
use embedded_alloc::LlffHeap;

use edge_network::{Layer, Memory, Pass, forward};

pub mod network {
    //! The network and the digits, as the example wrote them.
    use edge_network::{FloatWeights, Quantization, QuantizedWeights, Rescale};

    include!(env!("EDGE_NETWORK"));
}

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

/// How far the clock counts before it begins anew.
const PERIOD: u32 = 1 << 24;
/// So many instructions, two a turn of a loop, show what a tick of the clock is.
const KNOWN: u32 = 100_000;

/// Ticks of the clock since an earlier moment, less than a period ago.
struct Watch(u32);

impl Watch {
    fn lap(&mut self) -> u64 {
        let now = SYST::get_current();
        // It counts down.
        let ticks = self.0.wrapping_sub(now) % PERIOD;
        self.0 = SYST::get_current();
        u64::from(ticks)
    }
}

/// Reads all digits, and ends the emulator.
pub fn run<L: Layer>(layers: &[L], memory: &mut Memory<L::Number>) -> ! {
    let Some(mut clock) = cortex_m::Peripherals::take().map(|peripherals| peripherals.SYST) else {
        panic!("the clock was taken before");
    };
    clock.set_clock_source(SystClkSource::Core);
    clock.set_reload(PERIOD - 1);
    clock.clear_current();
    clock.enable_counter();
    let mut watch = Watch(SYST::get_current());
    watch.lap();
    cortex_m::asm::delay(KNOWN / 2 - 1);
    let known = watch.lap();
    hprintln!("known-instructions {}", KNOWN);
    hprintln!("known-ticks {}", known);

    cortex_m_stack::repaint_stack();
    forward(layers, network::DIGITS[0], memory, |_, _| ());
    let stack = cortex_m_stack::stack_size() - cortex_m_stack::stack_painted();

    let (mut sums, mut rectified) = (0, 0);
    for digit in &network::DIGITS {
        watch.lap();
        let outputs = forward(layers, digit, memory, |pass, _| match pass {
            Pass::Sums => sums += watch.lap(),
            Pass::Rectified => rectified += watch.lap(),
        });
        hprint!("outputs");
        for &output in outputs {
            hprint!(" {:x}", L::bits(output));
        }
        hprintln!();
    }
    hprintln!("digits {}", network::DIGITS.len());
    hprintln!("ticks-sums {}", sums);
    hprintln!("ticks-rectified {}", rectified);
    hprintln!("stack {}", stack);
    debug::exit(debug::EXIT_SUCCESS);
    panic!("nothing ended the program");
}
