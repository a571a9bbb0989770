//! How often a unit fires, in a few steps, each with a mark of its own.

use maud::{Markup, html};

use leaky_cure::diagnose::Layer;

/// How often a unit fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    Dead,
    Dormant,
    Seldom,
    Sometimes,
    Often,
    Mostly,
    AlwaysOn,
}

impl Activity {
    /// From never to always.
    pub const ALL: [Self; 7] = [
        Self::Dead,
        Self::Dormant,
        Self::Seldom,
        Self::Sometimes,
        Self::Often,
        Self::Mostly,
        Self::AlwaysOn,
    ];

    /// The activity of each unit of a layer.
    pub fn of(layer: &Layer) -> Vec<Self> {
        let mut found: Vec<Self> = layer.active.iter().copied().map(Self::from).collect();
        // A unit that is zero throughout is in two lists: that it is dead weighs more.
        for (units, activity) in [
            (&layer.dormant, Self::Dormant),
            (&layer.always_on, Self::AlwaysOn),
            (&layer.dead, Self::Dead),
        ] {
            for &unit in units {
                if let Some(found) = found.get_mut(unit) {
                    *found = activity;
                }
            }
        }
        found
    }

    /// Its name in the page's identifiers.
    pub fn id(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Dormant => "dormant",
            Self::Seldom => "seldom",
            Self::Sometimes => "sometimes",
            Self::Often => "often",
            Self::Mostly => "mostly",
            Self::AlwaysOn => "always-on",
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Dormant => "dormant",
            Self::Seldom => "below 10 %",
            Self::Sometimes => "10 to 50 %",
            Self::Often => "50 to 90 %",
            Self::Mostly => "above 90 %",
            Self::AlwaysOn => "always on",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Dead => "never above zero: behind a ReLU it gives nothing and learns nothing",
            Self::Dormant => {
                "above zero on less than 0.1 % of samples and positions, or small beside its layer \
                 where that was asked"
            }
            Self::Seldom => "fires on less than a tenth",
            Self::Sometimes => "fires on a tenth to a half",
            Self::Often => "fires on a half to nine tenths",
            Self::Mostly => "fires on more than nine tenths",
            Self::AlwaysOn => "never below zero: acts like a straight line",
        }
    }

    /// Its mark in a square of 12 by 12: a cross for the dead, a ring for the dormant, squares that
    /// grow with the activity, and a square with a hole for what is always on.
    pub fn mark(self) -> Markup {
        let square = |inset: f64| {
            let side = 12.0 - 2.0 * inset;
            html! { rect x=(inset) y=(inset) width=(side) height=(side) rx="1" {} }
        };
        html! {
            g class={ "mark " (self.id()) } {
                @match self {
                    Self::Dead => { path d="M2.5 2.5l7 7M9.5 2.5l-7 7" {} }
                    Self::Dormant => { circle cx="6" cy="6" r="3" {} }
                    Self::Seldom => { (square(4.5)) }
                    Self::Sometimes => { (square(3.5)) }
                    Self::Often => { (square(2.5)) }
                    Self::Mostly => { (square(1.0)) }
                    Self::AlwaysOn => {
                        path d="M1 1h10v10h-10zM4 4v4h4v-4z" {}
                    }
                }
            }
        }
    }
}

impl From<f64> for Activity {
    /// The step of the fraction of samples and positions on which a unit fires.
    fn from(active: f64) -> Self {
        match active {
            active if active < 0.1 => Self::Seldom,
            active if active < 0.5 => Self::Sometimes,
            active if active <= 0.9 => Self::Often,
            _ => Self::Mostly,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leaky_cure::diagnose::LayerCounts;

    #[test]
    fn each_unit_has_the_step_of_its_activity_and_the_verdict_comes_first() {
        let counts = LayerCounts {
            name: "/0/Relu".into(),
            op: "Relu".into(),
            alpha: Some(0.0),
            above_zero: vec![0, 9, 10, 999, 1000, 5000, 9000, 9001, 10_000, 9_000, 0],
            below_zero: vec![1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0],
            total: 10_000,
        };
        use Activity::*;
        assert_eq!(
            Activity::of(&Layer::from(counts)),
            [
                Dead, Dormant, Seldom, Seldom, Sometimes, Often, Often, Mostly, AlwaysOn, AlwaysOn,
                Dead
            ]
        );
    }
}
