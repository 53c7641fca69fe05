"""Xen's libraries for a tool in dom0: xenstore and the tool stack.

libxl is called with JSON and opaque structures only, so nothing here depends on how a
release lays them out.  Xen 4.14 or later."""

import ctypes
import ctypes.util
import fcntl
import glob
import json
import os

from common import Failure

PLACES = ("/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib",
          "/usr/local/lib", "/usr/lib/xen/lib")
HISTORY = "/run/xen/domid-history"
ROOM = 65536            # bytes for any structure of libxl's
NOT_FOUND = -21         # ERROR_DOMAIN_NOTFOUND
REASONS = {0: "poweroff", 1: "reboot", 2: "suspend", 3: "crash", 4: "watchdog"}


def library(name):
    for d in PLACES:
        for path in sorted(glob.glob(f"{d}/lib{name}.so.*")):
            return ctypes.CDLL(path, use_errno=True)
    found = ctypes.util.find_library(name)
    if not found:
        raise Failure(f"no lib{name}: this is for a dom0 of Xen (Debian: xen-utils)")
    return ctypes.CDLL(found, use_errno=True)


def declare(lib, *functions):
    """(name, result, arguments) of what is called."""
    for name, result, *args in functions:
        f = getattr(lib, name)
        f.restype, f.argtypes = result, args


class Perm(ctypes.Structure):
    _fields_ = [("id", ctypes.c_uint), ("what", ctypes.c_int)]


NONE, READ, WRITE = 0, 1, 2
P, S, U, B = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32, ctypes.c_bool


class Store:
    """xenstore; a path that is not there reads as None."""

    def __init__(self):
        self.lib = library("xenstore")
        self.libc = ctypes.CDLL(None)
        self.libc.free.argtypes = [P]
        N = ctypes.POINTER(ctypes.c_uint)
        declare(self.lib, ("xs_open", P, ctypes.c_ulong), ("xs_read", P, P, U, S, N),
                ("xs_write", B, P, U, S, S, ctypes.c_uint), ("xs_mkdir", B, P, U, S),
                ("xs_rm", B, P, U, S), ("xs_directory", P, P, U, S, N),
                ("xs_get_permissions", P, P, U, S, N),
                ("xs_set_permissions", B, P, U, S, ctypes.POINTER(Perm), ctypes.c_uint),
                ("xs_watch", B, P, S, S), ("xs_check_watch", P, P), ("xs_fileno", ctypes.c_int, P))
        self.h = self.lib.xs_open(0)
        if not self.h:
            raise Failure("no xenstore: is this dom0, and am I root?")

    def read(self, path):
        n = ctypes.c_uint()
        p = self.lib.xs_read(self.h, 0, path.encode(), n)
        if not p:
            return None
        text = ctypes.string_at(p, n.value).decode(errors="replace")
        self.libc.free(p)
        return text

    def write(self, path, text):
        data = text.encode()
        if not self.lib.xs_write(self.h, 0, path.encode(), data, len(data)):
            raise Failure(f"xenstore: {path} is not written: {os.strerror(ctypes.get_errno())}")

    def remove(self, path):
        self.lib.xs_rm(self.h, 0, path.encode())

    def list(self, path):
        n = ctypes.c_uint()
        p = self.lib.xs_directory(self.h, 0, path.encode(), n)
        if not p:
            return []
        names = [s.decode() for s in ctypes.cast(p, ctypes.POINTER(S))[:n.value]]
        self.libc.free(p)
        return names

    def allow(self, path, *perms):
        """The owner with what all others may, then who may what."""
        a = (Perm * len(perms))(*perms)
        return self.lib.xs_set_permissions(self.h, 0, path.encode(), a, len(perms))

    def mkdir(self, path, *perms):
        if not self.lib.xs_mkdir(self.h, 0, path.encode()) or not self.allow(path, *perms):
            raise Failure(f"xenstore: {path} is not made: {os.strerror(ctypes.get_errno())}")

    def watch(self, path):
        if not self.lib.xs_watch(self.h, path.encode(), b"sirloin"):
            raise Failure(f"xenstore: {path} is not watched")

    def fileno(self):
        return self.lib.xs_fileno(self.h)

    def drain(self):
        """Forget the watch events that have come."""
        while p := self.lib.xs_check_watch(self.h):
            self.libc.free(p)


class Toolstack:
    def __init__(self):
        log, self.lib = library("xentoollog"), library("xenlight")
        self.libc = ctypes.CDLL(None)
        self.libc.free.argtypes = [P]
        declare(log, ("xtl_createlogger_stdiostream", P, P, ctypes.c_int, ctypes.c_uint))
        I, D = ctypes.c_int, ctypes.POINTER(U)
        declare(self.lib, ("libxl_ctx_alloc", I, ctypes.POINTER(P), I, ctypes.c_uint, P),
                ("libxl_domain_config_init", None, P), ("libxl_domain_config_dispose", None, P),
                ("libxl_domain_config_from_json", I, P, P, S),
                ("libxl_domain_create_new", I, P, P, D, P, P),
                ("libxl_domain_unpause", I, P, U, P), ("libxl_domain_destroy", I, P, U, P),
                ("libxl_domain_shutdown", I, P, U, P), ("libxl_domain_info", I, P, P, U),
                ("libxl_dominfo_init", None, P), ("libxl_dominfo_dispose", None, P),
                ("libxl_dominfo_to_json", P, P, P), ("libxl_name_to_domid", I, P, S, D))
        stderr = P.in_dll(self.libc, "stderr")
        self.ctx = P()
        error = self.lib.libxl_ctx_alloc(self.ctx, 0, 0, log.xtl_createlogger_stdiostream(
            stderr, 5, 0))      # XTL_WARN
        if error:
            raise Failure(f"libxl: error {error}")

    def create(self, config):
        """A paused domain from what `xl create -n' prints; its id."""
        buf, domid = ctypes.create_string_buffer(ROOM), U(0xffffffff)
        self.lib.libxl_domain_config_init(buf)
        try:
            error = self.lib.libxl_domain_config_from_json(
                self.ctx, buf, json.dumps(config).encode())
            if not error:
                error = self.lib.libxl_domain_create_new(self.ctx, buf, domid, None, None)
        finally:
            self.lib.libxl_domain_config_dispose(buf)
        if error:
            raise Failure(f"{config['c_info']['name']} is not created: libxl's error {error}")
        return domid.value

    @staticmethod
    def reuse(domid):
        """libxl lets an id rest for a minute, so that nobody takes one domain for
        another: here the other is what is wanted."""
        with open(f"{HISTORY}.lock", "w") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            try:
                with open(HISTORY) as f:
                    lines = f.readlines()
            except OSError:
                return
            with open(f"{HISTORY}.sirloin", "w") as f:
                f.writelines(line for line in lines if line.split()[1:] != [str(domid)])
            os.replace(f"{HISTORY}.sirloin", HISTORY)

    def info(self, domid):
        """What libxl knows of it, with "reason" when it has shut down; None: it is
        gone altogether, and its id free."""
        buf = ctypes.create_string_buffer(ROOM)
        self.lib.libxl_dominfo_init(buf)
        error = self.lib.libxl_domain_info(self.ctx, buf, domid)
        if error == NOT_FOUND:
            return None
        if error:
            raise Failure(f"domain {domid}: libxl's error {error}")
        p = self.lib.libxl_dominfo_to_json(self.ctx, buf)
        info = json.loads(ctypes.string_at(p))
        self.libc.free(p)
        self.lib.libxl_dominfo_dispose(buf)
        reason = info.get("shutdown_reason")
        info["reason"] = REASONS.get(reason, reason) if info.get("shutdown") else None
        return info

    def find(self, name):
        domid = U()
        error = self.lib.libxl_name_to_domid(self.ctx, name.encode(), domid)
        return None if error else domid.value

    def unpause(self, domid):
        return self.lib.libxl_domain_unpause(self.ctx, domid, None)

    def shutdown(self, domid):
        return self.lib.libxl_domain_shutdown(self.ctx, domid, None)

    def destroy(self, domid):
        return self.lib.libxl_domain_destroy(self.ctx, domid, None)
