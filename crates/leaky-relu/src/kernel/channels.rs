//! Which channel each element of an array of shape `[outer, channels, inner]` belongs to.

/// Walks over the elements in order.
#[derive(Clone)]
pub(crate) struct Channels {
    channels: usize,
    inner: usize,
    /// The channel of the next element.
    channel: usize,
    /// How many elements of its run are left.
    left: usize,
}

/// Elements that stand together: of one channel, or one of each of several channels.
pub(crate) struct Run {
    /// The channel of the first element.
    pub(crate) channel: usize,
    /// The number of elements.
    pub(crate) len: usize,
    /// Whether all belong to that channel; otherwise each belongs to the next one.
    pub(crate) shared: bool,
}

impl Channels {
    /// From the first element on. Neither number may be zero.
    pub(crate) fn new(channels: usize, inner: usize) -> Self {
        Channels {
            channels,
            inner,
            channel: 0,
            left: inner,
        }
    }

    /// The number of channels.
    pub(crate) fn number(&self) -> usize {
        self.channels
    }

    /// From element `index` from here on.
    pub(crate) fn skip(mut self, index: usize) -> Self {
        let position = self.inner - self.left + index;
        self.channel = (self.channel + position / self.inner) % self.channels;
        self.left = self.inner - position % self.inner;
        self
    }

    /// The next elements that stand together, at most `most`, which is not zero.
    #[inline(always)]
    pub(crate) fn next(&mut self, most: usize) -> Run {
        let channel = self.channel;
        let shared = self.inner > 1;
        let len = if shared {
            let len = self.left.min(most);
            self.left -= len;
            if self.left == 0 {
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
        }
    }
}
