//! Every number that can refuse a module, with its default.
//!
//! Not here: limits on what a running guest may use (see `holm-runtime`), and switches that change no answer.
//! Invariant: each limit is checked before memory or time in proportion to the counted thing is spent, and
//! an error names the limit as it is spelled here. Read next: [`crate::cost`] for the unit of the costs.

use crate::body::FunctionBody;

/// What a module may contain. The defaults let every real program pass that is known to us and stop files
/// that are made to exhaust a compiler.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// Bytes of the whole file.
    pub module_bytes_max: u64,
    /// Entries of the type section.
    pub types_max: u64,
    /// Functions, imported and defined.
    pub functions_max: u64,
    /// Imports of all kinds.
    pub imports_max: u64,
    /// Exports of all kinds.
    pub exports_max: u64,
    /// Globals, imported and defined.
    pub globals_max: u64,
    /// Tables, imported and defined.
    pub tables_max: u64,
    /// Elements that all tables defined here have at the start, together.
    pub table_elements_max: u64,
    /// Memories, imported and defined.
    pub memories_max: u64,
    /// Exception tags, imported and defined.
    pub tags_max: u64,
    /// Element segments.
    pub element_segments_max: u64,
    /// Elements in all element segments together.
    pub element_items_max: u64,
    /// Data segments.
    pub data_segments_max: u64,
    /// Operators in one constant expression.
    pub const_expr_operators_max: u64,
    /// Custom sections.
    pub custom_sections_max: u64,
    /// Bytes of all names of functions together; names beyond it are dropped, nothing is refused.
    pub name_bytes_max: u64,
    /// Branch hints; a section with more of them is ignored, nothing is refused.
    pub branch_hints_max: u64,
    /// Parameters of one function type.
    pub params_max: u64,
    /// Results of one function type.
    pub results_max: u64,
    /// Fields of one structure type.
    pub fields_max: u64,
    /// Bytes of one function body.
    pub body_bytes_max: u64,
    /// Locals of one function, parameters included.
    pub locals_max: u64,
    /// Blocks that lie in each other in one function.
    pub nesting_max: u64,
    /// Targets of one `br_table`, the default not counted.
    pub br_table_targets_max: u64,
    /// Cost of one function over which compilers use their cheap settings. Refuses nothing.
    pub function_cost_optimize_max: u64,
    /// Cost of one function that is out of proportion to its size, so that compilers use their cheap
    /// settings, is over this …
    pub function_cost_optimize_base: u64,
    /// … plus this for each byte of its body. Refuses nothing.
    pub function_cost_optimize_per_byte: u64,
    /// Cost of one function.
    pub function_cost_max: u64,
    /// Cost that the functions of any module may have together …
    pub module_cost_base: u64,
    /// … and what each byte of the file adds to it.
    pub module_cost_per_byte: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            module_bytes_max: 1 << 30,
            types_max: 100_000,
            functions_max: 1_000_000,
            imports_max: 100_000,
            exports_max: 1_000_000,
            globals_max: 200_000,
            tables_max: 100,
            table_elements_max: 10_000_000,
            memories_max: 100,
            tags_max: 100_000,
            element_segments_max: 100_000,
            element_items_max: 5_000_000,
            data_segments_max: 100_000,
            const_expr_operators_max: 10_000,
            custom_sections_max: 100_000,
            name_bytes_max: 64 << 20,
            branch_hints_max: 1_000_000,
            params_max: 1_000,
            results_max: 1_000,
            fields_max: 10_000,
            body_bytes_max: 7_654_321,
            locals_max: 50_000,
            nesting_max: 50_000,
            br_table_targets_max: 65_520,
            function_cost_optimize_max: 700_000,
            function_cost_optimize_base: 20_000,
            function_cost_optimize_per_byte: 16,
            function_cost_max: 16_000_000,
            module_cost_base: 2_000_000,
            module_cost_per_byte: 4,
        }
    }
}

impl Limits {
    /// Whether a function is worth an optimizing compiler's full settings: it costs neither very much, nor
    /// much more than code of its size does.
    #[must_use]
    pub const fn is_worth_optimizing(&self, body: &FunctionBody) -> bool {
        let bytes = body.range.end.saturating_sub(body.range.start);
        let proportionate = self
            .function_cost_optimize_base
            .saturating_add(self.function_cost_optimize_per_byte.saturating_mul(bytes));
        body.cost <= self.function_cost_optimize_max && body.cost <= proportionate
    }

    /// The cost that all functions together may have when `bytes` of the file have been read.
    #[must_use]
    pub const fn module_cost_max(&self, bytes: u64) -> u64 {
        self.module_cost_base.saturating_add(self.module_cost_per_byte.saturating_mul(bytes))
    }
}
