//! What `khotin export` promises: tables as the data dictionary says, safe to open, whole or not there.

mod atom;
mod cite;
mod files;
mod folder;
mod history;
mod parquet;
mod package;
mod query;
mod support;
mod tables;
mod workbook;
mod xlsx;
