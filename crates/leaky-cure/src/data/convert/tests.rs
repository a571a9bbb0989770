use super::*;
use proptest::prelude::*;

fn floats_as<T: burn::tensor::Element>(values: &[f64], to: DType) -> Result<Vec<T>, Misfit> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_ne_bytes()).collect();
    let layout = Layout {
        from: DType::F64,
        to,
    };
    tensor(&bytes, &[values.len()], layout).map(|data| data.try_into_vec().unwrap())
}

#[test]
fn what_is_not_finite_stays_what_it_is_in_every_float_type() {
    let values = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -0.0];
    for to in [DType::F32, DType::F16, DType::BF16] {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_ne_bytes()).collect();
        let layout = Layout {
            from: DType::F64,
            to,
        };
        let data = tensor(&bytes, &[4], layout).unwrap();
        let found: Vec<f64> = data.iter::<f64>().collect();
        assert_eq!(found[..2], values[..2]);
        assert!(found[2].is_nan());
        assert!(found[3] == 0.0 && found[3].is_sign_negative());
        let counted = not_finite(&data);
        assert_eq!(
            counted,
            NotFinite {
                nan: 1,
                infinite: 2,
                first: Some(0)
            }
        );
    }
}

#[test]
fn a_finite_value_that_would_become_infinite_is_refused() {
    let misfit = floats_as::<f16>(&[65504.0, 65519.9, 65520.0], DType::F16).unwrap_err();
    assert_eq!((misfit.position, misfit.value.as_str()), (2, "65520.0"));
}

#[test]
fn any_byte_but_zero_is_true() {
    let layout = Layout {
        from: DType::Bool(BoolStore::Native),
        to: DType::Bool(BoolStore::Native),
    };
    let data = tensor(&[0, 1, 2, 255], &[4], layout).unwrap();
    assert_eq!(data.as_slice::<bool>().unwrap(), [false, true, true, true]);
    let layout = Layout {
        to: DType::F32,
        ..layout
    };
    let data = tensor(&[0, 1, 2, 255], &[4], layout).unwrap();
    assert_eq!(data.as_slice::<f32>().unwrap(), [0.0, 1.0, 1.0, 1.0]);
}

#[test]
fn integers_at_the_edges_of_their_types_are_told_apart() {
    let values = [i64::MAX, i64::MIN, (1 << 53) + 1, 1 << 53];
    let refused = values.map(|value| {
        let layout = Layout {
            from: DType::I64,
            to: DType::F64,
        };
        tensor(&value.to_ne_bytes(), &[1], layout).is_err()
    });
    assert_eq!(refused, [true, false, true, false]);
    let layout = Layout {
        from: DType::U64,
        to: DType::I64,
    };
    let misfit = tensor(&u64::MAX.to_ne_bytes(), &[1], layout).unwrap_err();
    assert_eq!(misfit.value, u64::MAX.to_string());
}

#[test]
fn kinds_are_only_converted_where_the_meaning_stays() {
    let float = [DType::F64, DType::F32, DType::F16, DType::BF16];
    let integer = [DType::I64, DType::I8, DType::U64, DType::U8];
    let bool = [DType::Bool(BoolStore::Native)];
    let all = |from: &[DType], to: &[DType]| {
        let mut found: Vec<bool> = from
            .iter()
            .flat_map(|&from| to.iter().map(move |&to| compatible(Layout { from, to })))
            .collect();
        found.dedup();
        found
    };
    assert_eq!(all(&float, &float), [true]);
    assert_eq!(all(&integer, &float), [true]);
    assert_eq!(all(&bool, &float), [true]);
    assert_eq!(all(&float, &integer), [false]);
    assert_eq!(all(&integer, &integer), [true]);
    assert_eq!(all(&bool, &integer), [true]);
    assert_eq!(all(&float, &bool), [false]);
    assert_eq!(all(&integer, &bool), [false]);
    assert_eq!(all(&bool, &bool), [true]);
}

proptest! {
    #[test]
    fn a_double_becomes_the_nearest_value_of_a_narrower_type(values in prop::collection::vec(
        -60000.0..60000.0_f64, 0..20))
    {
        let single: Vec<f32> = values.iter().map(|&v| v as f32).collect();
        prop_assert_eq!(floats_as::<f32>(&values, DType::F32).unwrap(), single);
        let half: Vec<f16> = values.iter().map(|&v| f16::from_f64(v)).collect();
        prop_assert_eq!(floats_as::<f16>(&values, DType::F16).unwrap(), half);
        let brain: Vec<bf16> = values.iter().map(|&v| bf16::from_f64(v)).collect();
        prop_assert_eq!(floats_as::<bf16>(&values, DType::BF16).unwrap(), brain);
    }

    #[test]
    fn a_half_survives_the_way_through_any_wider_type(bits: u16) {
        let half = f16::from_bits(bits);
        for to in [DType::F32, DType::F64] {
            let layout = Layout { from: DType::F16, to };
            let wide = tensor(&half.to_ne_bytes(), &[1], layout).unwrap();
            let wide: f64 = wide.iter().next().unwrap();
            prop_assert!(wide == half.to_f64() || (wide.is_nan() && half.is_nan()));
        }
    }
}
