//! Rules that no compiler checks, as tests.

mod circles;
mod documents;
mod functions;
mod guest;
mod rooms;
mod sources;
mod width;
mod words;
