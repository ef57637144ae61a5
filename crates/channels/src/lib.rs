//! The doors: channel accounts and the widget API.
