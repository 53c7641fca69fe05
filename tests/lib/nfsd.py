"""An NFS server for tests: nfs-ganesha and rpcbind of Debian's, unpacked, not installed,
in a network namespace and with a /etc and a /run of its own."""

import glob
import os
import re
import subprocess
import time

from guest import OUT

SEEDS = ("nfs-ganesha", "nfs-ganesha-vfs", "rpcbind", "libtirpc-common")
SCRIPT = """set -e
mount -t tmpfs tmpfs /mnt
for f in passwd group services protocols nsswitch.conf hosts ld.so.cache; do
    [ ! -e /etc/$f ] || cp /etc/$f /mnt/
done
cp "$1/etc/netconfig" /mnt/
grep -q ^_rpc: /mnt/passwd || echo _rpc:x:106:65534::/run/rpcbind:/bin/false >>/mnt/passwd
ln -s /proc/self/mounts /mnt/mtab
mount --bind /mnt /etc
mount -t tmpfs tmpfs /run
mkdir -p /run/rpcbind /run/ganesha
for d in usr/sbin sbin; do [ ! -x "$1/$d/rpcbind" ] || rpcbind="$1/$d/rpcbind"; done
"$rpcbind" -w -f &
until [ -S /run/rpcbind.sock ]; do sleep 0.1; done
exec "$1/usr/bin/ganesha.nfsd" -F -f "$2/ganesha.conf" \\
    -L "$2/ganesha.log" -p /run/ganesha.pid
"""


class Unavailable(RuntimeError):
    """No server on this machine, and why."""


def output(*cmd, **keys):
    r = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **keys)
    if r.returncode:
        raise Unavailable(f"{' '.join(cmd[:2])}: {r.stdout.strip()[-200:]}")
    return r.stdout


def packages():
    """The server's, and the libraries that it asks for."""
    known, todo = set(), [*SEEDS]
    while todo:
        known.update(todo)
        text = output("apt-cache", "depends", "--no-recommends", "--no-suggests",
                      "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances", *todo)
        todo = [d for d in dict.fromkeys(re.findall(r"^ +(?:Pre)?Depends: (lib[^<\s]+)", text,
                                                    re.M)) if d not in known]
    return sorted(known - {"libc6", "libgcc-s1"})


def files():
    """The folder that it is unpacked in."""
    root = f"{OUT}/nfsd"
    if not os.path.exists(f"{root}/done"):
        os.makedirs(f"{root}/debs", exist_ok=True)
        try:
            output("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *packages(),
                   cwd=f"{root}/debs", timeout=300)
        except (OSError, subprocess.TimeoutExpired) as e:
            raise Unavailable(str(e))
        for deb in glob.glob(f"{root}/debs/*.deb"):
            output("dpkg-deb", "-x", deb, root)
        with open(f"{root}/done", "w"):
            pass
    return root


class Server:
    """Exports a folder in a namespace (netns.Namespace); a context manager."""

    def __init__(self, ns, folder, work):
        self.ns, self.work = ns, work
        self.root = root = files()
        libs = [d for d in ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu",
                            "usr/lib/ganesha") if os.path.isdir(f"{root}/{d}")]
        self.env = {**os.environ, "LD_LIBRARY_PATH": ":".join(f"{root}/{d}" for d in libs)}
        with open(f"{work}/ganesha.conf", "w") as f:
            f.write(f"""NFS_Core_Param {{ Plugins_Dir = "{root}/usr/lib/x86_64-linux-gnu/ganesha";
    Enable_NLM = false; Enable_RQUOTA = false; Protocols = 3; }}
NFS_KRB5 {{ Active_krb5 = false; }}
NFSv4 {{ Graceless = true; UseGetpwnam = true; RecoveryRoot = "{work}/recovery"; }}
EXPORT {{ Export_Id = 1; Path = "{folder}"; Pseudo = "/exp"; Access_Type = RW; Squash = None;
    SecType = sys; Protocols = 3; Transports = TCP; FSAL {{ Name = VFS; }} }}
""")
        self.p = subprocess.Popen(
            [*ns.prefix, "unshare", "-m", "-p", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
             SCRIPT, "sh", root, work], env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        end = time.monotonic() + 60
        while True:
            r = subprocess.run([*self.ns.prefix, f"{self.root}/usr/sbin/rpcinfo", "-p",
                                "127.0.0.1"],
                               env=self.env, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
            if all(re.search(rf"{n} +3 +tcp", r.stdout) for n in (100003, 100005)):
                return self
            if self.p.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise Unavailable("the NFS server does not start: " + self.log())
            time.sleep(0.2)

    def __exit__(self, *_):
        self.p.kill()           # and with it all of its namespace of processes
        self.p.wait()

    def log(self):
        try:
            with open(f"{self.work}/ganesha.log") as f:
                return f.read()[-600:]
        except OSError:
            return "nothing is said"
