//! A service day, made from bookings.
