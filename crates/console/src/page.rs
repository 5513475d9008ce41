//! The pages: one file each, a view in, a whole HTML document out.

mod agreement;
mod decisions;
mod log;
mod not_found;
mod status;

pub use agreement::agreement;
pub use decisions::decisions;
pub use log::log;
pub use not_found::not_found;
pub use status::status;
