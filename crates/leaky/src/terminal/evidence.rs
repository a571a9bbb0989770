//! Where it stands what the tool's recommendations rest on.

/// Behind a prescription.
pub const OF_REMEDIES: &str = "What reviving, a slope and fresh weights brought where they were tried, and where \
                               they did not help: docs/evidence.md.";

/// Behind a comparison's verdict, which holds for one network and its data.
pub const OF_RECTIFIERS: &str =
    "On which tasks a slope helped, made no difference or did harm: docs/evidence.md.";

/// Behind a conversion, which is no cure.
pub const OF_A_SWAP: &str = "A slope keeps units alive and hardly brings back those that are dead (docs/evidence.md): \
                             `leaky cure` does.";
