//! The modules in networks of candle-nn: saved, loaded and trained.

mod common;

use candle_core::{DType, Device, Module, Result, Tensor};
use candle_nn::{Init, Optimizer, SGD, VarBuilder, VarMap};
use common::{random, values};
use leaky_candle::{LeakyRelu, PRelu};

/// A linear layer and a PReLU whose slopes are variables of the map.
fn network(variables: &VarMap) -> Result<impl Module + use<>> {
    let builder = VarBuilder::from_varmap(variables, DType::F32, &Device::Cpu);
    let linear = candle_nn::linear(3, 4, builder.pp("linear"))?;
    let slopes = builder
        .pp("activation")
        .get_with_hints(4, "weight", Init::Const(0.25))?;
    Ok(candle_nn::seq()
        .add(linear)
        .add(PRelu::new(slopes))
        .add(LeakyRelu::default()))
}

#[test]
fn safetensors_bring_back_the_slopes_that_were_learned() -> Result<()> {
    let variables = VarMap::new();
    let trained = network(&variables)?;
    let input = random((5, 3), DType::F32)?;
    let mut optimizer = SGD::new(variables.all_vars(), 0.1)?;
    optimizer.backward_step(&trained.forward(&input)?.sqr()?.sum_all()?)?;
    let slopes = |variables: &VarMap| {
        let data = variables.data().lock().expect("no test panicked");
        values(&data["activation.weight"])
    };
    assert_ne!(slopes(&variables)?, [0.25; 4]);

    let folder = tempfile::tempdir()?;
    let file = folder.path().join("network.safetensors");
    variables.save(&file)?;
    let mut loaded_variables = VarMap::new();
    let loaded = network(&loaded_variables)?;
    loaded_variables.load(&file)?;

    assert_eq!(slopes(&loaded_variables)?, slopes(&variables)?);
    assert_eq!(
        values(&loaded.forward(&input)?)?,
        values(&trained.forward(&input)?)?
    );
    Ok(())
}

#[test]
fn the_default_slope_is_pytorchs() -> Result<()> {
    let input = Tensor::new(&[-1.0_f64, 2.0], &Device::Cpu)?;
    assert_eq!(
        values(&LeakyRelu::default().forward(&input)?)?,
        [-0.01, 2.0]
    );
    Ok(())
}
