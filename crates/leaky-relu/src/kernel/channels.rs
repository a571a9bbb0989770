//! Which channel each element of an array of shape `[outer, channels, inner]` belongs to.

use crate::split::Split;

/// Walks over the elements in order.
#[derive(Clone, Copy)]
pub(crate) struct Channels {
    channels: usize,
    inner: usize,
    /// The channel of the next element.
    channel: usize,
    /// How many elements of its run are left.
    left: usize,
}

/// Elements that stand together: of one channel, or one of each of several channels.
#[derive(Debug, PartialEq)]
pub(crate) struct Run {
    /// The channel of the first element.
    pub(crate) channel: usize,
    /// The number of elements.
    pub(crate) len: usize,
    /// Whether all belong to that channel; otherwise each belongs to the next one.
    pub(crate) shared: bool,
    /// Whether the run of that channel ends with them.
    pub(crate) ends: bool,
}

impl Channels {
    /// From the first element on. Neither number may be zero.
    pub(crate) fn new(channels: usize, inner: usize) -> Self {
        // The runs of an only channel stand together, so that they have no end.
        let inner = if channels == 1 { usize::MAX } else { inner };
        Channels {
            channels,
            inner,
            channel: 0,
            left: inner,
        }
    }

    /// The next elements that stand together, at most `most`, which is not zero.
    #[inline(always)]
    pub(crate) fn next(&mut self, most: usize) -> Run {
        let channel = self.channel;
        let shared = self.inner > 1;
        let mut ends = true;
        let len = if shared {
            let len = self.left.min(most);
            self.left -= len;
            ends = self.left == 0;
            if ends {
                self.left = self.inner;
                self.channel += 1;
            }
            len
        } else {
            let len = (self.channels - channel).min(most);
            self.channel += len;
            len
        };
        if self.channel == self.channels {
            self.channel = 0;
        }
        Run {
            channel,
            len,
            shared,
            ends,
        }
    }

    /// The channel of the next element.
    pub(crate) fn at(&self) -> usize {
        self.channel
    }
}

impl Split for Channels {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let position = self.inner - self.left + middle;
        let rest = Channels {
            channel: (self.channel + position / self.inner) % self.channels,
            left: self.inner - position % self.inner,
            ..self
        };
        (self, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runs_of_an_only_channel_have_no_end() {
        let (_, mut channels) = Channels::new(1, 1).split_at(100);
        for most in [64, 3, 64] {
            let run = Run {
                channel: 0,
                len: most,
                shared: true,
                ends: false,
            };
            assert_eq!(channels.next(most), run);
        }
    }
}
