"""Everything a study is."""
