use super::*;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The names in a folder, sorted.
fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn refusal(path: &Path, others: &[&Path]) -> String {
    let message = Destination::new(path, others.iter().copied())
        .unwrap_err()
        .to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

#[test]
fn nothing_is_there_until_the_whole_file_is() {
    let folder = folder();
    let path = folder.path().join("out.onnx");
    let destination = Destination::new(&path, []).unwrap();
    assert_eq!(names(&folder), [""; 0]);
    destination
        .write(|file| {
            file.write_all(b"first half, ")?;
            file.flush()?;
            assert!(!path.exists());
            file.write_all(b"second half")
        })
        .unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"first half, second half");
    assert_eq!(names(&folder), ["out.onnx"]);
}

/// A process that is killed closes its files, and a file without a name is gone with that.
#[cfg(target_os = "linux")]
#[test]
fn a_file_has_no_name_until_it_is_whole() {
    let folder = folder();
    let path = folder.path().join("out.onnx");
    for before in [&[] as &[&str], &["out.onnx"]] {
        let destination = Destination::new(&path, []).unwrap();
        destination
            .write(|file| {
                file.write_all(b"half of it")?;
                file.flush()?;
                assert_eq!(names(&folder), before);
                Ok(())
            })
            .unwrap();
        assert_eq!(names(&folder), ["out.onnx"]);
    }
}

#[test]
fn files_that_are_found_later_are_kept_too() {
    let folder = folder();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    fs::write(&one, "weights").unwrap();
    let destination = Destination::new(&one, []).unwrap();
    destination.keeps([other.as_path()]).unwrap();
    let error = destination.keeps([other.as_path(), &one]).unwrap_err();
    assert!(error.to_string().contains("is the same file as"), "{error}");
}

#[test]
fn a_failure_leaves_what_stood_there_and_nothing_else() {
    let folder = folder();
    let path = folder.path().join("out.onnx");
    fs::write(&path, "before").unwrap();
    let destination = Destination::new(&path, []).unwrap();
    let error = destination
        .write(|file| {
            file.write_all(b"half of it")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        })
        .unwrap_err();
    let shown = path.display();
    assert_eq!(
        error.to_string(),
        format!("cannot write {shown}: no storage space")
    );
    assert_eq!(fs::read(&path).unwrap(), b"before");
    assert_eq!(names(&folder), ["out.onnx"]);
}

#[test]
fn a_file_may_be_written_again() {
    let folder = folder();
    let path = folder.path().join("report.json");
    let destination = Destination::new(&path, []).unwrap();
    for text in ["a longer text", "short"] {
        destination
            .write(|file| file.write_all(text.as_bytes()))
            .unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn an_input_is_recognised_by_whatever_path_it_is_reached() {
    let folder = folder();
    let input = folder.path().join("net.onnx");
    fs::write(&input, "network").unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    let around = folder.path().join("sub/../net.onnx");
    let hard_link = folder.path().join("hard.onnx");
    fs::hard_link(&input, &hard_link).unwrap();
    for path in [&input, &around, &hard_link] {
        let message = refusal(path, &[&input]);
        assert!(message.contains("is the same file as"), "{message}");
    }
    #[cfg(unix)]
    {
        let link = folder.path().join("link.onnx");
        std::os::unix::fs::symlink(&input, &link).unwrap();
        assert!(refusal(&link, &[&input]).contains("is the same file as"));
    }
    assert_eq!(fs::read(&input).unwrap(), b"network");
}

#[test]
fn two_outputs_must_not_be_the_same_file_even_before_it_exists() {
    let folder = folder();
    fs::create_dir(folder.path().join("sub")).unwrap();
    let one = folder.path().join("out");
    let other = folder.path().join("sub/../out");
    assert!(refusal(&one, &[&other]).contains("is the same file as"));
}

#[test]
fn a_missing_folder_is_named() {
    let folder = folder();
    let path = folder.path().join("no/out.onnx");
    let (path, parent) = (path.as_path(), path.parent().unwrap());
    assert_eq!(
        refusal(path, &[]),
        format!(
            "cannot write {}: its folder {} does not exist",
            path.display(),
            parent.display()
        )
    );
}

#[test]
fn what_is_no_plain_writable_file_is_not_replaced() {
    let folder = folder();
    assert!(refusal(folder.path(), &[]).ends_with("it is a folder"));
    assert!(refusal(Path::new("/"), &[]).ends_with("it is a folder"));
    assert!(refusal(Path::new(".."), &[]).ends_with("it is a folder"));
    assert!(refusal(&folder.path().join("none/.."), &[]).ends_with("it names no file"));

    let locked = folder.path().join("locked");
    fs::write(&locked, "kept").unwrap();
    let mut permissions = fs::metadata(&locked).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&locked, permissions).unwrap();
    assert!(refusal(&locked, &[]).ends_with("it is write-protected"));
    assert_eq!(fs::read(&locked).unwrap(), b"kept");
}

#[cfg(unix)]
#[test]
fn devices_and_links_into_nowhere_are_not_replaced() {
    assert!(refusal(Path::new("/dev/null"), &[]).ends_with("it is not a plain file"));
    let folder = folder();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).unwrap();
    assert!(refusal(&link, &[]).ends_with("it is a link that leads nowhere"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_found_before_the_work() {
    // Not even the superuser can make a file there.
    let message = refusal(Path::new("/proc/out.onnx"), &[]);
    assert!(
        message.starts_with("cannot write /proc/out.onnx: "),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_the_file_behind_it_is_replaced() {
    let folder = folder();
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "before").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let destination = Destination::new(&link, []).unwrap();
    destination.write(|file| file.write_all(b"after")).unwrap();
    assert!(link.is_symlink());
    assert_eq!(fs::read(&file).unwrap(), b"after");
}

#[cfg(unix)]
#[test]
fn permissions_are_those_of_the_file_replaced_or_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = folder();

    let plain = folder.path().join("plain");
    File::create(&plain).unwrap();
    let new = folder.path().join("new");
    Destination::new(&new, [])
        .unwrap()
        .write(|_| Ok(()))
        .unwrap();
    assert_eq!(mode(&new), mode(&plain));

    let private = folder.path().join("private");
    fs::write(&private, "before").unwrap();
    fs::set_permissions(&private, Permissions::from_mode(0o600)).unwrap();
    Destination::new(&private, [])
        .unwrap()
        .write(|_| Ok(()))
        .unwrap();
    assert_eq!(mode(&private), 0o600);
}
