//! Each file in `fail/` is a mistake, and the file beside it is what the compiler says about it. After a change of wording, run with
//! `TRYBUILD=overwrite` and read the difference.

#[test]
fn mistakes_are_explained_at_the_right_place() {
    trybuild::TestCases::new().compile_fail("fail/*.rs");
}

#[test]
fn what_a_strict_crate_writes_compiles_in_silence() {
    trybuild::TestCases::new().pass("pass/*.rs");
}
