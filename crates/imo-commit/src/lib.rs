//! How bytes become a root and how a root is opened.
