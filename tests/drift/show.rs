//! `khotin show --versions` and `--diff`.
