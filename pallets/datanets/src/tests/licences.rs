//! Which SPDX expressions have the right form.

use crate::texts::is_licence;

#[test]
fn expressions_of_the_annex_are_taken() {
	for good in [
		"MIT",
		"CC-BY-4.0",
		"GPL-2.0+",
		"MIT OR Apache-2.0",
		"(MIT OR Apache-2.0) AND LicenseRef-x",
		"GPL-2.0-or-later WITH Classpath-exception-2.0 AND (MIT)",
		"DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2",
		"((((0BSD))))",
		"  MIT   OR  ISC ",
		"(MIT)OR(ISC)",
	] {
		assert!(is_licence(good.as_bytes()), "{good:?}");
	}
}

#[test]
fn everything_else_is_refused() {
	for bad in [
		"",
		" ",
		"()",
		"(",
		")",
		"MIT)",
		"(MIT",
		"MIT ISC",
		"MIT OR",
		"OR MIT",
		"AND",
		"MIT AND OR ISC",
		"MIT WITH",
		"MIT WITH (x)",
		"(MIT) WITH x",
		"MIT WITH OR",
		"MIT WITH a WITH b",
		"MIT (ISC)",
		"MIT\n",
		"MIT; DROP",
		"é",
		"MIT++",
		"+",
		"-",
		"LicenseRef-",
		"DocumentRef-a",
		"DocumentRef-a:MIT",
		"DocumentRef-:LicenseRef-a",
		"a:b",
		"MIT,ISC",
		"MIT/Apache-2.0",
		")MIT(",
	] {
		assert!(!is_licence(bad.as_bytes()), "{bad:?}");
	}
}

#[test]
fn brackets_as_deep_as_an_expression_is_long_are_no_recursion() {
	let deep = [vec![b'('; 100_000], b"MIT".to_vec(), vec![b')'; 100_000]].concat();
	assert!(is_licence(&deep));
	assert!(!is_licence(&deep[1..]));
}
