//! Placeholder until the engine's API is there.
