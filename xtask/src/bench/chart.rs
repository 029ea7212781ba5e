//! The programs' ratios as an SVG chart: one bar per program and build, means at the top, wasmtime at the line 1.0.
//!
//! It draws what the report says and measures nothing.
//! Invariant: the file stands alone: no script, no font, no picture from elsewhere.

use std::fmt::Write as _;

use crate::bench::report::{group_means, groups, ratio};
use crate::bench::run::Row;

const OURS: &str = "holm";
const LEFT: f64 = 190.0;
const WIDTH: f64 = 900.0;
const BAR: f64 = 13.0;
const STEP: f64 = 18.0;
/// The scale ends here; longer bars are cut and say so.
const RATIO_MAX: f64 = 2.0;

/// One line of the chart.
struct Bar {
    label: String,
    ratio: f64,
    colour: &'static str,
}

/// Draws the rows.
pub(crate) fn svg(rows: &[Row]) -> String {
    let mut means = Vec::new();
    for group in groups() {
        if let Some(mean) = group_means(rows, group, OURS) {
            means.push(Bar { label: (*group).into(), ratio: mean.inner, colour: "#444444" });
        }
    }
    let mut bars: Vec<(String, Bar)> = rows
        .iter()
        .filter_map(|row| {
            let ratio = ratio(row, OURS)?;
            let label = format!("{} {}", row.name, row.build);
            let group = row.groups.join(" ");
            let colour = colour(&group);
            Some((group, Bar { label, ratio, colour }))
        })
        .collect();
    bars.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.ratio.total_cmp(&b.1.ratio)));
    let bars: Vec<Bar> = means.into_iter().chain(bars.into_iter().map(|(_, bar)| bar)).collect();
    draw(&bars)
}

fn draw(bars: &[Bar]) -> String {
    let height = bars.iter().fold(90.0, |height, _| height + STEP);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"16\" y=\"24\" font-size=\"16\">Holm: time as a ratio to wasmtime (shorter is faster)</text>\n"
    );
    for tenth in [0_u8, 5, 10, 15, 20] {
        let value = f64::from(tenth) / 10.0;
        let x = position(value);
        let (ink, end) = (if tenth == 10 { "#cc2222" } else { "#cccccc" }, height - 20.0);
        add(
            &mut out,
            &format!("<line x1=\"{x}\" y1=\"48\" x2=\"{x}\" y2=\"{end}\" stroke=\"{ink}\"/>"),
        );
        add(
            &mut out,
            &format!("<text x=\"{x}\" y=\"42\" text-anchor=\"middle\">{value:.1}</text>"),
        );
    }
    let mut y = 56.0;
    for bar in bars {
        let width = position(bar.ratio.min(RATIO_MAX)) - LEFT;
        let (label_x, text_y) = (LEFT - 8.0, y + BAR - 3.0);
        let (label, ratio, colour) = (&bar.label, bar.ratio, bar.colour);
        add(
            &mut out,
            &format!("<text x=\"{label_x}\" y=\"{text_y}\" text-anchor=\"end\">{label}</text>"),
        );
        add(
            &mut out,
            &format!(
                "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>"
            ),
        );
        let number_x = LEFT + width + 5.0;
        add(&mut out, &format!("<text x=\"{number_x:.1}\" y=\"{text_y}\">{ratio:.2}</text>"));
        y += STEP;
    }
    add(&mut out, "</svg>");
    out
}

fn add(out: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{line}");
}

fn position(ratio: f64) -> f64 {
    LEFT + ratio / RATIO_MAX * (WIDTH - LEFT - 60.0)
}

fn colour(group: &str) -> &'static str {
    match group {
        "call-heavy" => "#2b6cb0",
        "indirect" => "#2c7a7b",
        "vectorizable" => "#b7791f",
        "real" => "#6b46c1",
        _ => "#718096",
    }
}
