"""Is a file on this machine's own disk? SQLite's locks are not honest on network shares."""

from __future__ import annotations

from pathlib import Path

MOUNTS = Path("/proc/mounts")

# 9p is left out: containers and WSL mount their own root with it, and lock it properly enough.
NETWORK_TYPES = frozenset(
    {
        "nfs",
        "nfs3",
        "nfs4",
        "cifs",
        "smb2",
        "smb3",
        "smbfs",
        "ncpfs",
        "afs",
        "ceph",
        "lustre",
        "glusterfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.davfs",
        "davfs",
    }
)


def network_share(path: Path, *, mounts: Path = MOUNTS) -> str | None:
    """Type of the network file system that holds `path` ("nfs4", "cifs" …); None on a local disk.

    `path` need not exist. Where there is no table of mounts (not Linux) nothing is known: None.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    wanted, best, found = path.resolve(), -1, None
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescaped(fields[1]))
        # `>=`: of two mounts on one point the later hides the earlier
        if wanted.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), fields[2]
    return found if found in NETWORK_TYPES else None


def _unescaped(field: str) -> str:
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, letter)
    return field
