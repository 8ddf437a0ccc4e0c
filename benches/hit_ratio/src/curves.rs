//! One picture a trace: the hit ratio over the size of the cache.

use std::fmt::Write;
use std::path::Path;
use std::{fs, io};

use crate::contest::{Contender, Kind, Result};
use crate::trace::Trace;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 55.0;

/// Told apart also by those who confuse red and green; after P. Tol, "Colour schemes" (2021).
const COLOURS: [&str; 11] = [
    "#332288", "#88ccee", "#999999", "#ddcc77", "#aa4499", "#117733", "#cc6677", "#44aa99", "#882255", "#999933",
    "#6699cc",
];

/// Draws into `folder`, one file a trace, and answers how many.
pub(crate) fn draw(folder: &Path, traces: &[Trace], contenders: &[Contender], results: &[Result]) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    for (number, trace) in traces.iter().enumerate() {
        let points: Vec<_> = results.iter().filter(|result| result.trace == number).collect();
        let name: String = trace.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        fs::write(folder.join(name + ".svg"), picture(trace, contenders, &points))?;
    }
    Ok(traces.len())
}

/// Where a point lies: sizes on a logarithmic axis, hit ratios up to `highest`.
struct Axes {
    smallest: f64,
    largest: f64,
    highest: f64,
}

impl Axes {
    fn x(&self, size: usize) -> f64 {
        let along = (size as f64 / self.smallest).ln() / (self.largest / self.smallest).ln().max(f64::MIN_POSITIVE);
        LEFT + along * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, percent: f64) -> f64 {
        HEIGHT - BOTTOM - percent / self.highest * (HEIGHT - TOP - BOTTOM)
    }
}

fn picture(trace: &Trace, contenders: &[Contender], points: &[&Result]) -> String {
    let highest = points.iter().flat_map(|point| &point.percent).fold(0.0, |most: f64, &percent| most.max(percent));
    let axes = Axes {
        smallest: points.first().map_or(1.0, |point| point.size as f64),
        largest: points.last().map_or(1.0, |point| point.size as f64),
        highest: (highest / 10.0).ceil().max(1.0) * 10.0,
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    let mut add = |piece: &str| {
        svg += piece;
        svg.push('\n');
    };
    let asked = trace.keys.len();
    let distinct = trace.distinct();
    add(&format!("<text x=\"{LEFT}\" y=\"24\" font-size=\"16\">{}</text>", escaped(&trace.name)));
    add(&format!("<text x=\"{LEFT}\" y=\"40\" fill=\"#666\">{asked} requests of {distinct} keys</text>"));
    grid(&mut add, &axes, points);
    legend(&mut add, contenders);
    for (number, contender) in contenders.iter().enumerate() {
        let mut path = String::new();
        for point in points {
            write!(path, "{:.1},{:.1} ", axes.x(point.size), axes.y(point.percent[number])).expect("a String grows");
        }
        let style = style(number, contender.kind);
        add(&format!("<polyline points=\"{path}\" fill=\"none\" {style}><title>{}</title></polyline>", contender.name));
    }
    svg + "</svg>\n"
}

fn grid(add: &mut impl FnMut(&str), axes: &Axes, points: &[&Result]) {
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    for tenth in 0..=10 {
        let percent = axes.highest / 10.0 * f64::from(tenth);
        let y = axes.y(percent);
        add(&format!("<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\" stroke=\"#eee\"/>"));
        let x = LEFT - 8.0;
        add(&format!("<text x=\"{x}\" y=\"{:.1}\" text-anchor=\"end\">{percent:.0} %</text>", y + 4.0));
    }
    let mut free = 0.0;
    for point in points {
        let x = axes.x(point.size);
        add(&format!("<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\" stroke=\"#eee\"/>"));
        // Numbers that would touch their neighbour are left out.
        if x >= free {
            add(&format!("<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>", bottom + 18.0, point.size));
            free = x + 45.0;
        }
    }
    let middle = f64::midpoint(LEFT, right);
    add(&format!("<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">entries</text>", bottom + 40.0));
}

fn legend(add: &mut impl FnMut(&str), contenders: &[Contender]) {
    let x = WIDTH - RIGHT + 20.0;
    for (number, contender) in contenders.iter().enumerate() {
        let y = TOP + 10.0 + 22.0 * number as f64;
        let style = style(number, contender.kind);
        add(&format!("<line x1=\"{x}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" {style}/>", x + 28.0));
        add(&format!("<text x=\"{}\" y=\"{}\">{}</text>", x + 36.0, y + 4.0, contender.name));
    }
}

/// The optimum is black, ours are whole lines, the peers' are dashed.
fn style(number: usize, kind: Kind) -> String {
    let colour = number.checked_sub(1).map_or("black", |number| COLOURS[number % COLOURS.len()]);
    let dashes = if kind == Kind::Peer { " stroke-dasharray=\"5 4\"" } else { "" };
    format!("stroke=\"{colour}\" stroke-width=\"2\"{dashes}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
