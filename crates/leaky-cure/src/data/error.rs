//! What can be wrong with a dataset.

use std::io;

/// What is wrong with a data file, or how it does not fit the network.
///
/// Each message is one line that names the file or array, what was expected, what was found and,
/// where it is not plain, what to do.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The operating system refused to open or read the file.
    #[error("cannot read {file}: {source}")]
    Read {
        /// The file, as the user named it.
        file: String,
        /// What the operating system answered.
        source: io::Error,
    },

    /// The temporary folder could not take an array that has to be unpacked or reordered.
    #[error(
        "cannot unpack array `{array}` of {file} into the temporary folder: {source} (set TMPDIR \
         to a folder with room)"
    )]
    Unpack {
        /// The file that holds the array.
        file: String,
        /// The array's name.
        array: String,
        /// What the operating system answered.
        source: io::Error,
    },

    /// The file begins like none of the formats that are read.
    #[error("{file} is not a .npz, .safetensors or .npy file")]
    UnknownFormat {
        /// The file, as the user named it.
        file: String,
    },

    /// The file of labels that stand apart from the data holds more than one array.
    #[error("{file} is not a .npy file: labels that stand apart from the data are one .npy array")]
    LabelsFormat {
        /// The file, as the user named it.
        file: String,
    },

    /// A table does not begin with the names of its columns.
    #[error("{file} does not begin with the names of its columns: give it a first line of names")]
    NoHeader {
        /// The file, as the user named it.
        file: String,
    },

    /// A cell of a table holds no number.
    #[error("{file} holds {found} in column `{column}` of line {line}: expected a number")]
    Cell {
        /// The file, as the user named it.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// The column's name.
        column: String,
        /// What stands there.
        found: String,
    },

    /// A folder holds no images, neither itself nor in the folders within it.
    #[error(
        "{folder} holds no images: give a folder of PNG or JPEG files, with a folder within it for each class"
    )]
    NoImages {
        /// The folder, as the user named it.
        folder: String,
    },

    /// Images of a folder differ in size.
    #[error(
        "{other} is {found} pixels, but {first} is {expected}: a network takes images of one size, so scale or crop them first"
    )]
    ImageSize {
        /// The first image.
        first: String,
        /// Its width and height.
        expected: String,
        /// Another image.
        other: String,
        /// Its width and height.
        found: String,
    },

    /// An image is of a kind that is not read.
    #[error("{file} is neither a PNG nor a JPEG, which are the images that are read: convert it")]
    ImageKind {
        /// The file.
        file: String,
    },

    /// An image stands beside the folders of the classes.
    #[error(
        "{file} stands beside the folders of the classes, so that its class is not known: move it into one of them"
    )]
    ImageWithoutClass {
        /// The file.
        file: String,
    },

    /// Two folders of images have folders of other names within them.
    #[error(
        "the folders within {file} are {found}, but those of the data are {expected}: the classes are counted by these names, so both need the same (an empty one will do)"
    )]
    Classes {
        /// The folder, as the user named it.
        file: String,
        /// The names of its classes.
        found: String,
        /// The names of the classes of the data.
        expected: String,
    },

    /// There is no input, or not one alone, whose numbers could be scaled.
    #[error(
        "nothing to normalize: it takes an input of floats, and numbers that are given are for one input alone"
    )]
    NothingToNormalize,

    /// Numbers to normalise with are not one for each channel.
    #[error(
        "input `{input}` has {channels} channels (axis 1), but {means} means and {deviations} deviations are given"
    )]
    NormalizationChannels {
        /// The input's name in the network.
        input: String,
        /// How many channels it has.
        channels: usize,
        /// How many means there are.
        means: usize,
        /// How many deviations there are.
        deviations: usize,
    },

    /// The file is damaged, cut off or contradicts itself.
    #[error("{file} is damaged: {reason}")]
    Damaged {
        /// The file, as the user named it.
        file: String,
        /// What does not hold together.
        reason: String,
    },

    /// The array holds something else than floats.
    #[error("{file} holds {dtype}: expected float16, float32 or float64")]
    NotFloats {
        /// The file, as the user named it.
        file: String,
        /// What it holds.
        dtype: String,
    },

    /// Two arrays of the file have the same name.
    #[error("{file} holds several arrays of the same name; the names it holds: {names}")]
    DuplicateName {
        /// The file, as the user named it.
        file: String,
        /// The names the file holds.
        names: String,
    },

    /// An array in memory has not as many elements as its shape.
    #[error("array `{array}` of shape {shape} takes {described} bytes, but {held} were given")]
    Size {
        /// The array's name.
        array: String,
        /// Its shape.
        shape: String,
        /// How many bytes its elements take.
        described: String,
        /// How many there are.
        held: usize,
    },

    /// The elements of an array in memory are said to be where there are none.
    #[error(
        "array `{array}` of shape {shape} with strides {strides} does not lie within the {held} bytes given"
    )]
    Strides {
        /// The array's name.
        array: String,
        /// Its shape.
        shape: String,
        /// How far the elements of each axis are apart, in bytes.
        strides: String,
        /// How many bytes there are.
        held: usize,
    },

    /// No array of the file fits an input of the network by name.
    #[error(
        "{file} has no array for the network's input `{input}`: expected {expected}, found {found}"
    )]
    MissingInput {
        /// The file, as the user named it.
        file: String,
        /// The input's name in the network.
        input: String,
        /// The names that would do.
        expected: String,
        /// The arrays that the file holds.
        found: String,
    },

    /// The network has no input at all.
    #[error("the network has no input to give data to")]
    NoInputs,

    /// There is nothing to train towards.
    #[error(
        "{file} has no array `y` to train towards (found {found}); add it, or give the labels apart"
    )]
    MissingTarget {
        /// The file, as the user named it.
        file: String,
        /// The arrays that the file holds.
        found: String,
    },

    /// The elements of an array are of a type that no network input takes.
    #[error(
        "array `{array}` of {file} has elements of type {dtype}, which is not supported: use a float, integer or boolean type"
    )]
    UnsupportedDtype {
        /// The file that holds the array.
        file: String,
        /// The array's name.
        array: String,
        /// The type as the file spells it.
        dtype: String,
    },

    /// The network wants a type that data cannot be given in.
    #[error(
        "the network's input `{input}` wants elements of type {dtype}, which no data file can give"
    )]
    UnsupportedInput {
        /// The input's name in the network.
        input: String,
        /// The type it declares.
        dtype: String,
    },

    /// The types are of different kinds, so that converting would change what the data mean.
    #[error("array `{array}` is {found}, but the network's input `{input}` expects {expected}")]
    Dtype {
        /// The array's name.
        array: String,
        /// The input's name in the network.
        input: String,
        /// The type the network expects.
        expected: &'static str,
        /// The type of the array.
        found: &'static str,
    },

    /// The number of axes differs.
    #[error("array `{array}` has {found}, but the network's input `{input}` expects {expected}")]
    Rank {
        /// The array's name.
        array: String,
        /// The input's name in the network.
        input: String,
        /// How many axes of which sizes the network expects, and what would make the array fit
        /// where that can be told.
        expected: String,
        /// How many axes of which sizes the array has.
        found: String,
    },

    /// One axis other than the samples' has another size.
    #[error(
        "axis {axis} of array `{array}` has size {found}, but the network's input `{input}` expects {expected} (shape {expected_shape})"
    )]
    AxisSize {
        /// The array's name.
        array: String,
        /// The input's name in the network.
        input: String,
        /// The axis, counted from 0; axis 0 counts the samples.
        axis: usize,
        /// The size the network expects.
        expected: usize,
        /// The size that the array has.
        found: usize,
        /// The whole shape the network expects.
        expected_shape: String,
    },

    /// An array holds nothing.
    #[error("array `{array}` is empty: its shape is {shape}")]
    Empty {
        /// The array's name.
        array: String,
        /// The shape of the array.
        shape: String,
    },

    /// Two arrays do not hold the same number of samples.
    #[error("`{first}` holds {first_samples} samples but `{second}` holds {second_samples}")]
    SampleCount {
        /// One array.
        first: String,
        /// The length of its first axis.
        first_samples: usize,
        /// The other array.
        second: String,
        /// The length of its first axis.
        second_samples: usize,
    },

    /// The data holds values that are no numbers.
    #[error(
        "array `{array}` holds values that are not finite: {nan} NaN and {infinite} infinite, the first at {first}"
    )]
    NotFinite {
        /// The array's name.
        array: String,
        /// How many elements are NaN.
        nan: u64,
        /// How many elements are infinite.
        infinite: u64,
        /// The first of them: the array with its index.
        first: String,
    },

    /// A value cannot be given in the type that the network wants.
    #[error("{element} is {value}, which {dtype} cannot hold{advice}")]
    Unrepresentable {
        /// The array with the element's index.
        element: String,
        /// The value.
        value: String,
        /// The type that the network expects.
        dtype: &'static str,
        /// What to do.
        advice: &'static str,
    },

    /// The target fits neither as class labels nor as values of the output.
    #[error(
        "`y` is {dtype} of shape {found}, but the network's output `{name}` has shape {output}: give {expected}"
    )]
    TargetShape {
        /// The type of `y`.
        dtype: &'static str,
        /// The shape of `y`.
        found: String,
        /// The output's name in the network.
        name: String,
        /// The shape of the network's output, `N` for the samples.
        output: String,
        /// What would fit.
        expected: String,
    },

    /// A label names a class that the network does not have.
    #[error(
        "`y` holds labels outside of the network's {classes} classes (0 to {last}): {count} in all, the first is {first} = {value}"
    )]
    LabelRange {
        /// How many labels are out of range.
        count: u64,
        /// How many classes the network has.
        classes: usize,
        /// The highest label, one less than `classes`.
        last: usize,
        /// The first label at fault: the array with its index.
        first: String,
        /// Its value.
        value: String,
    },

    /// A value cannot be a probability.
    #[error(
        "{element} is {value}: binary cross-entropy takes values from 0 to 1; to fit other values, minimise the mean squared error"
    )]
    NotProbability {
        /// The array with the element's index.
        element: String,
        /// The value.
        value: f64,
    },

    /// The data cannot be divided into a part to train on and a part to validate with.
    #[error(
        "at least 2 samples are needed to train on some and validate with others, and there are {samples}"
    )]
    TooFewSamples {
        /// How many samples there are.
        samples: usize,
    },
}

/// An array's shape as messages show it: `[100, 3, 28]`.
pub(super) fn shape_text(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("[{}]", sizes.join(", "))
}

/// An element as messages name it, `x[12, 0, 3]`, from its position in the array's C order.
pub(super) fn element_text(array: &str, shape: &[usize], mut position: u64) -> String {
    let mut index = vec![0; shape.len()];
    for (place, &size) in index.iter_mut().zip(shape).rev() {
        let size = size.max(1) as u64;
        *place = (position % size) as usize;
        position /= size;
    }
    format!("{array}{}", shape_text(&index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_named_by_its_index_along_every_axis() {
        assert_eq!(element_text("x", &[5, 2, 3], 0), "x[0, 0, 0]");
        assert_eq!(element_text("x", &[5, 2, 3], 4 * 6 + 3 + 2), "x[4, 1, 2]");
        assert_eq!(element_text("y", &[5], 3), "y[3]");
    }
}
