#!/usr/bin/python3
"""tree.py FOLDER [large]: makes a tree with something of everything, and prints what is in it.

What is printed comes from the folder on the disk, by system calls: one line for each name, in the order of a walk. Needs
root and a file system with extended attributes. `large` adds files that show what compression does.
"""
import hashlib
import os
import random
import socket
import stat
import sys

BUILD_TIME = 1700000000  # what make.sh says to mkfs.erofs: such inodes are compact
WORDS = b"kernel debug symbols for the toolchain of a system that nobody may change usr lib share local".split()


def text(count, seed):
    """Lines in no order, which compress to a twentieth or so."""
    chance = random.Random(seed)
    lines = [b" ".join(chance.choices(WORDS, k=9)) for _ in range(4)]
    out = b""
    while len(out) < count:
        out += chance.choice(lines) + b" %d\n" % (len(out) // 9000)
    return out[:count]


def noise(count, seed):
    return random.Random(seed).randbytes(count)


def acl():
    """A POSIX ACL: user::rw-, user:1000:r--, group::r--, mask::r--, other::---."""
    entries = [(1, 6, 0xFFFFFFFF), (2, 4, 1000), (4, 4, 0xFFFFFFFF), (16, 4, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)]
    out = (2).to_bytes(4, "little")
    for tag, rights, who in entries:
        out += tag.to_bytes(2, "little") + rights.to_bytes(2, "little") + who.to_bytes(4, "little")
    return out


def make(root, large):
    late = {}  # times are set when nothing changes any more

    def place(path):
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        return os.path.join(root, path)

    def file(path, content, mode=0o644, owner=(0, 0), time=BUILD_TIME, **xattrs):
        name = place(path)
        with open(name, "wb") as out:
            out.write(content)
        os.chown(name, *owner)
        os.chmod(name, mode)
        for key, value in xattrs.items():
            os.setxattr(name, key.replace("_", ".", 1), value)
        late[name] = time

    file("usr/lib/extension-release.d/extension-release.golden", b"ID=_any\nARCHITECTURE=x86-64\n")
    same = {"user_note-of-three": b"the same in three files", "user_note-of-few": b"\0\1\2"}
    file("usr/share/short", b"short", 0o600, (1000, 100), **same)
    file("usr/share/empty", b"", 0o444, (70000, 70000))
    file("usr/share/text", text(1500 if not large else 5000, 1), **same)
    file("usr/share/noise", noise(4100 if not large else 900, 2), 0o4755, **same, security_capability=bytes.fromhex("0100000200200000") + bytes(12))
    file("usr/share/old", text(300, 3), 0o640, (0, 42), 86400, trusted_own=b"", user_note=b"mine")
    file("usr/share/late", text(2048, 4), time=4000000000)
    file("usr/share/zeros", bytes(5000))
    os.setxattr(place("usr/share/short"), "system.posix_acl_access", acl())
    os.link(place("usr/share/short"), place("usr/share/short-again"))
    for number in range(34 if not large else 6):
        file("usr/share/many/an-entry-with-a-name-so-long-that-a-few-dozen-of-them-need-two-blocks-and-this-is-one-more-of-them-" + "%02d" % number, b"")
    file("usr/share/odd/sp ace\n\xff".encode("latin-1").decode("utf-8", "surrogateescape"), b"odd")
    os.symlink("../share/short", place("usr/share/link"))
    os.symlink("folder/" * 60 + "end", place("usr/share/long-link"))
    os.mkfifo(place("usr/dev/fifo"))
    os.mknod(place("usr/dev/null"), 0o620 | stat.S_IFCHR, os.makedev(1, 3))
    os.mknod(place("usr/dev/disk"), 0o660 | stat.S_IFBLK, os.makedev(300, 70000))
    with socket.socket(socket.AF_UNIX) as unix:
        here = os.getcwd()
        os.chdir(os.path.join(root, "usr/dev"))
        unix.bind("socket")
        os.chdir(here)
    os.mkdir(place("usr/none"), 0o755)
    os.setxattr(place("usr/none"), "user.note-of-a-folder", b"yes")
    os.chmod(place("usr/none"), 0o1777)
    if large:
        file("usr/large/text", text(70000, 5))
        file("usr/large/shifted", text(700, 6) + text(70000, 5)[:30000] + b"end")
        file("usr/large/mixed", text(9000, 7) + noise(3000, 8) + text(9000, 7) + bytes(20000) + b"last")
        file("usr/large/zeros", bytes(70000))
        for number in range(4):
            file("usr/large/part-%d" % number, text(70000, 5)[: 1300 * number * number])
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(folder, name)
            time = late.get(path, BUILD_TIME)
            os.utime(path, (time, time), follow_symlinks=False)
    os.chmod(root, 0o755)
    os.utime(root, (BUILD_TIME, BUILD_TIME))


def escaped(name):
    return "".join(chr(byte) if 0x21 <= byte <= 0x7E and byte != 0x25 else "%%%02x" % byte for byte in name)


def listing(root):
    first = {}

    def entry(path, shown):
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode):
            if status.st_ino in first:
                print(shown, "same-as", first[status.st_ino])
                return
            first[status.st_ino] = shown
        kinds = {
            stat.S_IFDIR: "directory", stat.S_IFREG: "file", stat.S_IFLNK: "symlink", stat.S_IFCHR: "char",
            stat.S_IFBLK: "block", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket",
        }
        words = [shown, kinds[stat.S_IFMT(status.st_mode)], "%o" % stat.S_IMODE(status.st_mode)]
        words += ["%d:%d" % (status.st_uid, status.st_gid), "%d.%09d" % divmod(status.st_mtime_ns, 10**9)]
        if stat.S_ISREG(status.st_mode):
            with open(path, "rb") as content:
                bytes_ = content.read()
            words += [str(len(bytes_)), hashlib.sha256(bytes_).hexdigest()]
        elif stat.S_ISLNK(status.st_mode):
            words.append(escaped(os.readlink(path)))
        elif stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
            words.append("%d:%d" % (os.major(status.st_rdev), os.minor(status.st_rdev)))
        for key in sorted(os.listxattr(path, follow_symlinks=False)):
            value = os.getxattr(path, key, follow_symlinks=False)
            words.append("%s=%s" % (escaped(os.fsencode(key)), value.hex()))
        print(*words)
        if stat.S_ISDIR(status.st_mode):
            for name in sorted(os.listdir(path)):
                entry(os.path.join(path, name), (shown if shown != "/" else "") + "/" + escaped(name))

    entry(os.fsencode(root), "/")


make(os.path.abspath(sys.argv[1]), "large" in sys.argv[2:])
listing(sys.argv[1])
