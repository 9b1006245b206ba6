//! URLs that may hold a password.

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command};
use std::ffi::OsStr;
use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

/// Parses a broker or a database. Unlike all others, its errors do not repeat what was typed: there
/// may be a password in it.
#[derive(Clone)]
pub(super) struct UrlParser<T> {
    /// `--mqtt`
    option: &'static str,
    /// `KACO_ARDEXA_MQTT`
    variables: &'static str,
    /// `a broker`
    noun: &'static str,
    parsed: PhantomData<T>,
}

impl<T> UrlParser<T> {
    /// `option`, `variables`: where it can be written. `noun`: what it is.
    pub(super) const fn new(
        option: &'static str,
        variables: &'static str,
        noun: &'static str,
    ) -> Self {
        Self {
            option,
            variables,
            noun,
            parsed: PhantomData,
        }
    }
}

impl<T> TypedValueParser for UrlParser<T>
where
    T: FromStr<Err: Display> + Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        // The parser's error about an argument would repeat the value.
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let Self {
            option,
            variables,
            noun,
            ..
        } = self;
        value.to_string_lossy().parse().map_err(|error| {
            let text =
                format!("the URL after {option}, or in {variables}, is not {noun}: {error}\n");
            clap::Error::raw(ErrorKind::ValueValidation, text).with_cmd(command)
        })
    }
}
