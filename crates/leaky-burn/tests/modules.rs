//! The modules behave, print, save and load as Burn's own do.

mod common;

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn;
use burn::store::ModuleRecord;
use burn::tensor::{DType, Device, Tensor};
use common::{random, values};
use leaky_burn::{LeakyRelu, LeakyReluConfig, PRelu, PReluConfig, RRelu, RReluConfig, Relu};

#[derive(Module, Debug)]
struct Network {
    first: LeakyRelu,
    second: PRelu,
    third: RRelu,
    fourth: Relu,
}

impl Network {
    fn new(slope: f64, device: &Device) -> Self {
        Network {
            first: LeakyReluConfig::new().with_negative_slope(slope).init(),
            second: PReluConfig::new()
                .with_num_parameters(3)
                .with_alpha(slope)
                .init(device),
            third: RReluConfig::new().init(),
            fourth: Relu::new(),
        }
    }

    fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        let hidden = self.second.forward(self.first.forward(input));
        self.third.forward(hidden)
            + self
                .fourth
                .forward(Tensor::ones([1, 3], &self.devices()[0]))
    }
}

#[test]
fn print_as_burns_own() {
    let device = Device::flex();
    assert_eq!(
        LeakyReluConfig::new().init().to_string(),
        nn::LeakyReluConfig::new().init().to_string()
    );
    assert_eq!(
        PReluConfig::new().init(&device).to_string(),
        nn::PReluConfig::new().init(&device).to_string()
    );
    assert_eq!(
        RReluConfig::new().init().freeze().to_string(),
        nn::activation::RReluConfig::new()
            .init()
            .freeze()
            .to_string()
    );
    assert_eq!(Relu::new().to_string(), nn::Relu::new().to_string());
}

#[test]
fn a_record_brings_back_the_slopes_that_were_learned() {
    let device = Device::flex();
    let mut network = Network::new(0.1, &device);
    network.second.alpha = Param::from_data([0.5, -0.25, 2.0], &device);
    let bytes = network
        .clone()
        .into_record()
        .into_bytes()
        .expect("the record is written");
    let record = ModuleRecord::from_bytes(bytes).expect("the record is read");
    let loaded = Network::new(0.1, &device).load_record(record);

    assert_eq!(values(&loaded.second.alpha.val()), [0.5, -0.25, 2.0]);
    let input = random([4, 3], DType::F32, &device);
    assert_eq!(
        values(&loaded.forward(input.clone())),
        values(&network.forward(input))
    );
}

#[test]
fn a_record_of_burns_own_module_loads() {
    let device = Device::flex();
    let mut burns = nn::PReluConfig::new().with_num_parameters(2).init(&device);
    burns.alpha = Param::from_data([0.7, -0.1], &device);
    let ours = PReluConfig::new()
        .with_num_parameters(2)
        .init(&device)
        .load_record(burns.into_record());
    assert_eq!(
        values(&ours.alpha.val()),
        values(&Tensor::<1>::from_floats([0.7, -0.1], &device))
    );
}

#[test]
fn configurations_are_read_from_burns_own() {
    let burns = nn::LeakyReluConfig::new().with_negative_slope(0.3);
    let ours = LeakyReluConfig::load_binary(burns.to_string().as_bytes()).expect("a configuration");
    assert_eq!(ours.negative_slope, 0.3);
    let burns = nn::PReluConfig::new().with_num_parameters(4);
    let ours = PReluConfig::load_binary(burns.to_string().as_bytes()).expect("a configuration");
    assert_eq!((ours.num_parameters, ours.alpha), (4, 0.25));
    let burns = nn::activation::RReluConfig::new().with_lower(0.2);
    let ours = RReluConfig::load_binary(burns.to_string().as_bytes()).expect("a configuration");
    assert_eq!((ours.lower, ours.upper), (0.2, 1.0 / 3.0));
}

#[test]
fn the_slopes_of_a_prelu_are_trained() {
    let device = Device::flex().autodiff();
    let module = PReluConfig::new().init(&device);
    let input = Tensor::<2>::from_floats([[-2.0, 3.0]], &device);
    let gradients = module.forward(input).sum().backward();
    let gradient = module.alpha.val().grad(&gradients).expect("a gradient");
    assert_eq!(values(&gradient), [-2.0]);
}
