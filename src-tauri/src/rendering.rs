//! How WebKitGTK draws on Linux. Its choice is wrong on three sorts of machine that hotels have: a PC or virtual machine
//! without a usable graphics device and a remote session (accelerated compositing burns a core, or leaves the window
//! blank), and a PC with an NVIDIA card (buffers shared through the driver show garbage).
//!
//! The decision is a pure function of what was found, and is logged with its reason. A variable that the person set
//! wins. `WEBKIT_DISABLE_DMABUF_RENDERER` is deliberately never set: current WebKitGTK crashes with it on NVIDIA, and
//! elsewhere it only means software drawing by another name.

#[cfg(target_os = "linux")]
use std::{ffi::OsStr, fs, path::Path};

const NO_COMPOSITING: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";
const SHARED_MEMORY: &str = "WEBKIT_DMABUF_RENDERER_FORCE_SHM";
/// Any of these shows that somebody has decided already.
const DECIDED_BY_HAND: [&str; 3] = [NO_COMPOSITING, SHARED_MEMORY, "WEBKIT_DISABLE_DMABUF_RENDERER"];

/// Kernel drivers of graphics devices that a hypervisor invents.
const VIRTUAL_DRIVERS: [&str; 9] =
    ["vmwgfx", "vboxvideo", "virtio_gpu", "virtio-pci", "qxl", "hyperv_drm", "bochs-drm", "bochs", "cirrus"];

/// What was found on the machine.
#[derive(Debug, Default, Clone)]
struct Facts {
    /// A variable that the person set, by name.
    set_by_hand: Option<&'static str>,
    /// A device under `/dev/dri` that accelerated drawing could use can be opened.
    render_device: bool,
    /// The driver of a graphics device that only a virtual machine has.
    virtual_driver: Option<String>,
    /// The session is shown elsewhere, over xrdp or VNC.
    remote_session: bool,
    /// NVIDIA's own driver is loaded.
    nvidia: bool,
}

/// What to do, and why; for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The variable to set to `1`, if any.
    pub variable: Option<&'static str>,
    /// In words.
    pub reason: String,
}

fn decide(facts: &Facts) -> Decision {
    let (variable, reason) = if let Some(name) = facts.set_by_hand {
        (None, format!("{name} was set by hand"))
    } else if facts.remote_session {
        (Some(NO_COMPOSITING), "the session is shown over xrdp or VNC".to_owned())
    } else if let Some(driver) = &facts.virtual_driver {
        (Some(NO_COMPOSITING), format!("the graphics device is virtual ({driver})"))
    } else if !facts.render_device {
        (Some(NO_COMPOSITING), "no graphics device can be opened".to_owned())
    } else if facts.nvidia {
        (Some(SHARED_MEMORY), "the graphics driver is NVIDIA's".to_owned())
    } else {
        (None, "WebKit's own choice suits this machine".to_owned())
    };
    Decision { variable, reason }
}

/// Looks at the machine, decides, and sets the variable. Call it first of all: before GTK reads the environment and
/// before there is a second thread.
#[cfg(target_os = "linux")]
pub fn settle() -> Decision {
    let decision = decide(&look());
    if let Some(name) = decision.variable
        && gtk::glib::setenv(name, "1", false).is_err()
    {
        return Decision { variable: None, reason: format!("{}, but {name} could not be set", decision.reason) };
    }
    decision
}

/// Other systems bring another engine, which needs no help.
#[cfg(not(target_os = "linux"))]
pub fn settle() -> Decision {
    Decision { variable: None, reason: "not WebKitGTK".to_owned() }
}

#[cfg(target_os = "linux")]
fn look() -> Facts {
    let set = |name: &str| std::env::var_os(name).is_some();
    Facts {
        set_by_hand: DECIDED_BY_HAND.into_iter().find(|name| set(name)),
        render_device: entries(Path::new("/dev/dri"), "renderD")
            .any(|device| fs::OpenOptions::new().read(true).write(true).open(device).is_ok()),
        virtual_driver: entries(Path::new("/sys/class/drm"), "card")
            .filter_map(|card| fs::read_link(card.join("device/driver")).ok())
            .filter_map(|driver| driver.file_name().map(|name| name.to_string_lossy().into_owned()))
            .find(|driver| VIRTUAL_DRIVERS.contains(&driver.as_str())),
        remote_session: set("XRDP_SESSION") || set("VNCDESKTOP"),
        nvidia: Path::new("/proc/driver/nvidia/version").exists(),
    }
}

/// Paths in `folder` whose names begin with `start`; none if the folder cannot be read.
#[cfg(target_os = "linux")]
fn entries(folder: &Path, start: &'static str) -> impl Iterator<Item = std::path::PathBuf> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(move |path| path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Facts {
        Facts { render_device: true, ..Facts::default() }
    }

    #[test]
    fn each_sort_of_machine_gets_its_own_treatment() {
        let table = [
            ("an ordinary PC", card(), None),
            ("no device", Facts::default(), Some(NO_COMPOSITING)),
            ("a virtual machine", Facts { virtual_driver: Some("vmwgfx".into()), ..card() }, Some(NO_COMPOSITING)),
            ("xrdp", Facts { remote_session: true, ..card() }, Some(NO_COMPOSITING)),
            ("NVIDIA", Facts { nvidia: true, ..card() }, Some(SHARED_MEMORY)),
            ("NVIDIA without access to its device", Facts { nvidia: true, ..Facts::default() }, Some(NO_COMPOSITING)),
            ("NVIDIA over xrdp", Facts { nvidia: true, remote_session: true, ..card() }, Some(NO_COMPOSITING)),
        ];
        for (machine, facts, expected) in table {
            assert_eq!(decide(&facts).variable, expected, "{machine}");
        }
    }

    #[test]
    fn what_the_person_set_wins() {
        for name in DECIDED_BY_HAND {
            let decision = decide(&Facts { set_by_hand: Some(name), nvidia: true, ..Facts::default() });
            assert_eq!(decision.variable, None);
            assert!(decision.reason.contains(name), "{}", decision.reason);
        }
    }
}
