//! Bakes the configuration, the icons and the capabilities into the binary, and makes one permission of every command,
//! so that a window can call only what its own capability file grants.

include!("src/surface.rs");

macro_rules! names {
    ($($name:ident),*) => { &[$(stringify!($name)),*] };
}

const COMMANDS: &[&str] = with_commands!(names);

fn main() {
    // The screens are embedded when the crate is compiled; without this line a rebuilt ui/dist would go unnoticed.
    println!("cargo:rerun-if-changed=ui/dist");
    println!("cargo:rerun-if-changed=src-tauri/isolation");
    println!("cargo:rerun-if-changed=src-tauri/src/surface.rs");

    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("src-tauri/capabilities/**/*")
        .app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:warning={error:#}");
        std::process::exit(1);
    }
}
