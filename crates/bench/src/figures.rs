//! What was measured, beside the bar that DESIGN sets for it.

use serde_json::{Map, Value, json};

#[derive(Clone, Copy)]
enum Bar {
    AtMost(f64),
    AtLeast(f64),
    None,
}

struct Figure {
    key: &'static str,
    value: f64,
    bar: Bar,
    what: String,
}

/// All figures of a run, in the order in which they were taken.
#[derive(Default)]
pub struct Figures(Vec<Figure>);

impl Figures {
    /// A figure that should not be over its bar.
    pub fn at_most(&mut self, key: &'static str, value: f64, bar: f64, what: &str) {
        self.add(key, value, Bar::AtMost(bar), what);
    }

    /// A figure that should reach its bar.
    pub fn at_least(&mut self, key: &'static str, value: f64, bar: f64, what: &str) {
        self.add(key, value, Bar::AtLeast(bar), what);
    }

    /// A figure that has no bar.
    pub fn shown(&mut self, key: &'static str, value: f64, what: &str) {
        self.add(key, value, Bar::None, what);
    }

    fn add(&mut self, key: &'static str, value: f64, bar: Bar, what: &str) {
        self.0.push(Figure { key, value, bar, what: what.to_owned() });
    }

    /// Each figure in plain words: what it is, its bar, and whether it is met.
    pub fn print(&self) {
        println!();
        for Figure { value, bar, what, .. } in &self.0 {
            let (bar, verdict) = match *bar {
                Bar::AtMost(most) => (format!("at most {most}"), if *value <= most { "met" } else { "NOT MET" }),
                Bar::AtLeast(least) => (format!("at least {least}"), if *value >= least { "met" } else { "NOT MET" }),
                Bar::None => (String::new(), ""),
            };
            println!("{:>10}  {bar:<16} {verdict:<8} {what}", text(*value));
        }
        println!();
    }

    /// One JSON object.
    pub fn json(&self) -> Value {
        let figures = self.0.iter().map(|figure| (figure.key.to_owned(), number(figure.value)));
        Value::Object(figures.collect::<Map<_, _>>())
    }
}

fn number(value: f64) -> Value {
    let text = text(value);
    // A count is told as one.
    let whole = text.parse::<u64>().map(|value| json!(value));
    whole.unwrap_or_else(|_| text.parse::<f64>().map_or(Value::Null, |value| json!(value)))
}

/// As many digits as mean anything.
fn text(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 || v.fract() == 0.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}
