//! Each series as one SVG document: text stays text, colours follow the reader's light or dark
//! scheme, a hover title gives the meaning of a colour as well. Nothing in it runs or is loaded.

mod bars;
mod calendar;
mod canvas;
mod compare;
mod day;

pub(crate) use bars::bars;
pub(crate) use calendar::year;
pub(crate) use compare::compare;
pub(crate) use day::day;

/// What a picture is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Embedding {
    /// A document of its own.
    Alone,
    /// A part of a page that has [`style`] and [`DEFINITIONS`] already.
    Page,
}

/// The style of all pictures, for a page that holds several, in the colours that the reader's
/// system asks for. Each rule begins with `.hp`.
pub(crate) fn style() -> String {
    format!("{SHAPES}{LIGHT}@media(prefers-color-scheme:dark){{{DARK}}}")
}

/// The hatches by which a ninth inverter differs from the first, for a page that holds several
/// pictures.
pub(crate) const DEFINITIONS: &str = concat!(
    "<defs>",
    "<pattern id=\"hp1\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
    patternTransform=\"rotate(45)\">",
    "<path class=\"h\" d=\"M0 0V6\"/></pattern>",
    "<pattern id=\"hp2\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">",
    "<path class=\"h\" d=\"M0 0H5\"/></pattern>",
    "<pattern id=\"hp3\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
    patternTransform=\"rotate(-45)\">",
    "<path class=\"h\" d=\"M0 0V6M0 0H6\"/></pattern>",
    "</defs>"
);

/// Colours in a row before hatches distinguish series: Okabe and Ito's, with grey for black.
const COLORS: usize = 8;

/// Solid, and the hatches of [`DEFINITIONS`].
const HATCHES: usize = 4;

const SHAPES: &str = "\
.hp text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\
.hp .t{font-size:18px;font-weight:600}\
.hp .n{font-variant-numeric:tabular-nums}\
.hp .e{text-anchor:end}.hp .m{text-anchor:middle}\
.hp .b{font-weight:600}\
.hp .grid{fill:none;stroke-width:1}.hp .axis{fill:none;stroke-width:1}\
.hp .line{fill:none;stroke-width:2;stroke-linejoin:round}\
.hp .l1{stroke-dasharray:7 3}.hp .l2{stroke-dasharray:2 3}\
.h{stroke-width:2;fill:none}.hp .o{pointer-events:none}\
.hp .s0{fill:#0072b2}.hp .s1{fill:#e69f00}.hp .s2{fill:#009e73}.hp .s3{fill:#56b4e9}\
.hp .s4{fill:#d55e00}.hp .s5{fill:#cc79a7}.hp .s6{fill:#f0e442}.hp .s7{fill:#999}\
.hp .h1{fill:url(#hp1)}.hp .h2{fill:url(#hp2)}.hp .h3{fill:url(#hp3)}";

const LIGHT: &str = "\
.hp .bg{fill:#fff}.hp text{fill:#1f2328}.hp .w{fill:#59636e}\
.hp .grid{stroke:#d8dde3}.hp .axis{stroke:#818b98}.h{stroke:#fff}\
.hp .fault{fill:#b3261e}.hp .none{fill:#b6bcc4}\
.hp .l0{stroke:#1f2328}.hp .l1{stroke:#d55e00}.hp .l2{stroke:#7a4a9c}\
.hp .k0{fill:#fff;stroke:#c5ccd3}.hp .k1{fill:#fde3bd}.hp .k2{fill:#fdbe6f}.hp .k3{fill:#f28e2b}\
.hp .k4{fill:#c85a00}.hp .k5{fill:#7a2f00}\
.hp .d0{fill:#a63a00}.hp .d1{fill:#e07b28}.hp .d2{fill:#f6c48f}.hp .d3{fill:#e6e9ec}.hp \
.d4{fill:#b3d5ee}.hp .d5{fill:#5aa2d6}.hp .d6{fill:#14639c}";

const DARK: &str = "\
.hp .bg{fill:#0d1117}.hp text{fill:#e6edf3}.hp .w{fill:#9198a1}\
.hp .grid{stroke:#2a313a}.hp .axis{stroke:#6e7681}.h{stroke:#0d1117}\
.hp .fault{fill:#ff7b72}.hp .none{fill:#59616b}\
.hp .s0{fill:#2f8fd0}\
.hp .l0{stroke:#e6edf3}.hp .l1{stroke:#f08c3c}.hp .l2{stroke:#c79ae6}\
.hp .k0{fill:#0d1117;stroke:#3d444d}.hp .k1{fill:#5a2a05}.hp .k2{fill:#94500d}.hp .k3{fill:#cf7a1c}\
.hp .k4{fill:#f2a94a}.hp .k5{fill:#fde0ac}\
.hp .d0{fill:#ff8f3f}.hp .d1{fill:#c2631c}.hp .d2{fill:#74431c}.hp .d3{fill:#2a3038}.hp \
.d4{fill:#1f4766}.hp .d5{fill:#2c7ab3}.hp .d6{fill:#6cbcf5}";

#[cfg(test)]
mod tests;
