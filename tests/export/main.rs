//! What `khotin export` promises: tables as the data dictionary says, safe to open, whole or not there.

mod atom;
mod cite;
mod files;
mod folder;
mod history;
mod package;
mod parquet;
mod query;
mod read_back;
mod support;
mod tables;
mod workbook;
mod xlsx;
