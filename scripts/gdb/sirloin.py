"""Commands for gdb on a Sirloin image: a guest that runs (sirloin run --gdb, or
`target remote') or a core file (sirloin run --core).

    threads                 the guest's threads; * is the one that is looked at
    thread-switch N         look at thread N: bt, frame, info locals are about it
    thread-switch           look at the CPU again
    thread-apply N|all CMD  a command for one or for each
    sirloin-main            run to the program's main (a baked program's, too)
    sirloin-symbols         load the symbols of programs that are loaded

A thread that does not run is looked at, not woken: registers stay the CPU's, and
its frames follow the CPU's innermost one."""

import os
import struct
import tempfile

import gdb
import gdb.unwinder

KERNEL = "'kernel/sched.c'::"     # names that others may have as well
STATES = ("ready", "run", "ready", "sleep", "zombie")
CALLEE = ("r15", "r14", "r13", "r12", "rbp", "rbx", "rip")
FRAME = CALLEE[:6] + ("r11", "r10", "r9", "r8", "rdi", "rsi", "rdx", "rcx", "rax")
# functions that every sleeping thread is in
WAITING = ("sched_", "plat_ctx_switch", "waitq_", "kern_waitq_", "kern_cv_wait", "kern_switch",
           "kern_sleep_until", "kern_preempt", "kern_futex_wait", "kern_mutex_lock")


def value(text):
    return gdb.parse_and_eval(text)


def number(text):
    return int(value(text))


# ---- the guest's structures ----

class Thread:
    def __init__(self, v):
        self.v = v                      # a struct thread *
        self.id, self.addr = int(v["id"]), int(v)
        self.name = v["name"].string(errors="replace")
        self.state = STATES[int(v["state"])]
        self.cpu = None                 # that runs it
        for n in range(number(KERNEL + "ncpu")):
            if int(value(f"{KERNEL}cpus[{n}]")["cur"]) == self.addr:
                self.cpu = n

    def registers(self):
        """What it had when it gave up its CPU: {name: number}."""
        ctx = self.v["ctx"]
        if int(ctx["preempted"]) != 0:
            f = ctx["frame"]
            return {r: int(f[r]) for r in (*FRAME, "rip", "rsp")}
        sp = int(ctx["rsp"])            # MXCSR and x87, then registers: switch.S
        words = struct.unpack("<7Q", read(sp + 8, 56))
        return {**dict(zip(CALLEE, words)), "rsp": sp + 64}

    def waits(self):
        w = self.v["wchan"]
        if self.state != "sleep" or int(w) == 0:
            return ""
        try:
            return w.string(errors="replace")
        except gdb.error:
            return "?"

    def where(self):
        """The first function that is not the waiting itself."""
        try:
            if self.cpu is not None:
                gt = gdb_thread_of(self.cpu)
                return gt and function(on(gt, lambda: gdb.newest_frame().pc())) or ""
            regs = self.registers()
            pc, fp = regs["rip"], regs["rbp"]
            for _ in range(12):
                name = function(pc)
                if name and not name.startswith(WAITING):
                    return name
                fp, pc = struct.unpack("<2Q", read(fp, 16))
                pc -= 1
        except gdb.error:
            pass
        return ""

    def time(self):
        t = int(self.v["cputime"])
        return t / 1e6


def read(address, size):
    return gdb.selected_inferior().read_memory(address, size).tobytes()


def all_threads():
    t = value("'kernel/thread.c'::thread_list")["tqh_first"]
    seen = set()
    while int(t) != 0 and int(t) not in seen:
        seen.add(int(t))
        yield Thread(t)
        t = t["all"]["tqe_next"]


def function(pc):
    f = gdb.execute(f"info symbol {pc:#x}", to_string=True)
    return "" if f.startswith("No symbol") else f.split()[0]


# ---- CPUs, which are gdb's threads ----

def on(gdb_thread, fn):
    was = gdb.selected_thread()
    gdb_thread.switch()
    try:
        return fn()
    finally:
        was.switch()


def gdb_thread_of(cpu):
    """By GS base where gdb has it, else by number."""
    threads = sorted(gdb.selected_inferior().threads(), key=lambda t: t.num)
    want = int(value(f"{KERNEL}cpus[{cpu}]"))
    for t in threads:
        try:
            if on(t, lambda: number("(unsigned long)$gs_base")) == want:
                return t
        except gdb.error:
            break
    return threads[cpu] if cpu < len(threads) else None


# ---- another thread's frames ----

class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = gdb.Value(sp), gdb.Value(pc)


class Other(gdb.unwinder.Unwinder):
    """The caller of the CPU's innermost frame is the thread that was chosen."""

    def __init__(self):
        super().__init__("sirloin thread")
        self.thread, self.regs, self.top = None, None, None

    def choose(self, thread):
        self.thread = None
        gdb.invalidate_cached_frames()
        if thread is not None:
            f = gdb.newest_frame()
            self.top = int(f.read_register("rip")), int(f.read_register("rsp"))
            self.regs = thread.registers()
            self.thread = thread.id
            gdb.invalidate_cached_frames()

    def __call__(self, frame):
        if self.thread is None:
            return None
        here = (int(frame.read_register("rip")), int(frame.read_register("rsp")))
        if here != self.top:
            return None
        # below the thread's own frames: gdb wants them in order
        info = frame.create_unwind_info(FrameId(self.regs["rsp"] - 256, here[0]))
        kind = frame.read_register("rbx").type
        for name, v in self.regs.items():
            info.add_saved_register(name, gdb.Value(v).cast(
                frame.read_register(name).type if name in ("rip", "rsp") else kind))
        return info


other = Other()
gdb.unwinder.register_unwinder(None, other, replace=True)


class Hide:
    """The CPU's frame is not the thread's: backtraces leave it out."""

    name, priority, enabled = "sirloin", 100, True

    def filter(self, frames):
        if other.thread is not None:
            next(frames, None)
        return frames


gdb.frame_filters[Hide.name] = Hide()


def choose(number_text):
    """Look at thread N; the Thread."""
    n = int(number_text, 0)
    for t in all_threads():
        if t.id != n:
            continue
        if t.cpu is not None:
            other.choose(None)
            gt = gdb_thread_of(t.cpu)
            if gt is None:
                raise gdb.GdbError(f"thread {n} runs on CPU {t.cpu}, which gdb does not know")
            gt.switch()
        else:
            other.choose(t)
            older = gdb.newest_frame().older()
            if older is None:
                raise gdb.GdbError(f"thread {n} has no frames")
            older.select()
        return t
    raise gdb.GdbError(f"no thread {n}")


gdb.events.cont.connect(lambda _: setattr(other, "thread", None))


class Threads(gdb.Command):
    """threads: the guest's threads, where each is and what it waits for."""

    def __init__(self):
        super().__init__("threads", gdb.COMMAND_STATUS)

    def invoke(self, arg, tty):
        current = gdb.selected_thread()
        print("    id  name              state   cpu  pri    CPU ms  waits for         in")
        for t in all_threads():
            here = other.thread == t.id if other.thread is not None else \
                t.cpu is not None and gdb_thread_of(t.cpu) == current
            # an idle thread whose CPU does something else says "run"
            state = "run" if t.cpu is not None else "ready" if t.state == "run" else t.state
            cpu = t.cpu if t.cpu is not None else \
                int(t.v["cpu"]["id"]) if int(t.v["cpu"]) else "-"
            print(f"{'*' if here else ' '} {t.id:>4}  {t.name:<16.16}  {state:<6}  {cpu:>3}  "
                  f"{int(t.v['pri']):>3}  {t.time():>8.1f}  {t.waits():<16.16}  {t.where()}")


class Switch(gdb.Command):
    """thread-switch N: look at a thread of the guest; without N at the CPU."""

    def __init__(self):
        super().__init__("thread-switch", gdb.COMMAND_STACK)

    def invoke(self, arg, tty):
        if not arg.strip():
            other.choose(None)
            gdb.execute("frame 0")
            return
        t = choose(arg.strip())
        print(f"thread {t.id} \"{t.name}\", {t.state if t.cpu is None else 'runs'}")
        gdb.execute("frame")


class Apply(gdb.Command):
    """thread-apply N|all COMMAND: a command for a thread of the guest or for each."""

    def __init__(self):
        super().__init__("thread-apply", gdb.COMMAND_STACK)

    def invoke(self, arg, tty):
        which, _, command = arg.strip().partition(" ")
        if not command:
            raise gdb.GdbError("thread-apply N|all COMMAND")
        was, cpu = other.thread, gdb.selected_thread()
        ids = [t.id for t in all_threads()] if which == "all" else [int(which, 0)]
        for n in ids:
            try:
                t = choose(str(n))
                print(f"\nthread {n} \"{t.name}\":")
                gdb.execute(command)
            except gdb.error as e:
                print(f"thread {n}: {e}")
        other.choose(None)
        cpu.switch()
        if was is not None:
            choose(str(was))


# ---- programs of Linux's ----

def sections(image):
    """{name: bytes} of .program.NAME: what sirloin bake put there."""
    out = {}
    with open(image, "rb") as f:
        data = f.read()
    shoff, = struct.unpack_from("<Q", data, 40)
    size, num, strndx = struct.unpack_from("<3H", data, 58)
    head = [struct.unpack_from("<IIQQQQ", data, shoff + size * n) for n in range(num)]
    if not head:
        return out
    names = head[strndx][4]
    for h in head:
        end = data.index(b"\0", names + h[0])
        name = data[names + h[0]:end].decode()
        if name.startswith(".program."):
            out[name[9:]] = data[h[4]:h[4] + h[5]]
    return out


class Programs:
    """Symbols of loaded programs."""

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="sirloin-gdb-")
        self.done, self.cache = set(), None

    def files(self):
        if self.cache is None:
            self.cache = sections(gdb.objfiles()[0].filename)
        return self.cache

    def add(self, path, base):
        name = os.path.basename(path)
        if (name, base) in self.done or name not in self.files():
            return False
        self.done.add((name, base))
        file = os.path.join(self.dir.name, name)
        with open(file, "wb") as f:
            f.write(self.files()[name])
        gdb.execute(f"add-symbol-file {file} -o {base:#x}", to_string=True)
        print(f"symbols of {path} at {base:#x}")
        return True

    def loaded(self):
        if gdb.lookup_static_symbol("lx_programs") is None and \
                gdb.lookup_global_symbol("lx_programs") is None:
            return
        table = value("lx_programs")
        for n in range(table.type.range()[1] + 1):
            if int(table[n]["base"]) != 0:
                self.add(table[n]["path"].string(), int(table[n]["base"]))

    def main(self):
        """Address of the newest program's main, or None."""
        for objfile in reversed(gdb.objfiles()):
            if objfile.filename.startswith(self.dir.name):
                s = objfile.lookup_global_symbol("main") or \
                    objfile.lookup_static_symbol("main")
                if s is not None:
                    return int(s.value().address)
        return None


programs = Programs()


class Loaded(gdb.Breakpoint):
    """Where linux/exec.c has loaded a program."""

    def __init__(self):
        super().__init__("lx_loaded", type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
        self.silent = True
        self.first = True

    def stop(self):
        path = gdb.Value(number("$rdi")).cast(gdb.lookup_type("char").pointer()).string()
        programs.add(path, number("$rsi"))
        first, self.first = self.first, False
        return first


class Main(gdb.Command):
    """sirloin-main: run the guest to the program's main."""

    def __init__(self):
        super().__init__("sirloin-main", gdb.COMMAND_RUNNING)

    def invoke(self, arg, tty):
        gdb.execute("set confirm off")
        if programs.files():
            Loaded()
            gdb.execute("continue", to_string=True)
            at = programs.main()
            if at is not None:
                gdb.execute(f"thbreak *{at:#x}", to_string=True)
                gdb.execute("continue")
            return
        known = gdb.lookup_global_symbol("main") or gdb.lookup_static_symbol("main")
        # an image without a C library has no main
        gdb.execute("thbreak " + ("main" if known else "sirloin_main"), to_string=True)
        gdb.execute("continue")


class Symbols(gdb.Command):
    """sirloin-symbols: symbols of the programs that are loaded."""

    def __init__(self):
        super().__init__("sirloin-symbols", gdb.COMMAND_FILES)

    def invoke(self, arg, tty):
        programs.loaded()


for c in (Threads, Switch, Apply, Main, Symbols):
    c()
