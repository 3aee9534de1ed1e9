//! What is wrong with an image.

/// Why bytes are not an image's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(thiserror::Error))]
pub enum ImageError {
    /// Fewer bytes than a header has.
    #[cfg_attr(feature = "std", error("the image ends in its header"))]
    Truncated,
    /// Another magic number or version.
    #[cfg_attr(feature = "std", error("not a packed model of version 1; pack the GGUF file again"))]
    NotAnImage,
    /// A packed model that another program than `text` runs, with that program's number.
    #[cfg_attr(
        feature = "std",
        error("the image needs program {0}, which this version does not have")
    )]
    Program(u32),
    /// A field with a value that no packed model has.
    #[cfg_attr(feature = "std", error("the header's {0} is out of range"))]
    Field(&'static str),
    /// Something that does not lie within the image, or not on a 128-byte boundary.
    #[cfg_attr(feature = "std", error("the header's {0} lies outside the image or is not aligned"))]
    Place(&'static str),
}
