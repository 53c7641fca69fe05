"""nginx with TLS: a certificate made for the test, the image, and who asks it."""

import os
import subprocess

import nginx
import program

NAME = "sirloin.test"
BIG = 5_000_000
HTTP = """ssl_certificate /nginx/conf/leaf.pem; ssl_certificate_key /nginx/conf/leaf.key;
  ssl_protocols TLSv1.2 TLSv1.3;"""
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"]


def certificates(folder):
    """ca.pem, who signed leaf.pem of sirloin.test; other.pem, who signed nothing."""
    def make(name, subject, *more):
        subprocess.run(["openssl", "req", "-x509", *KEY, "-subj", f"/CN={subject}", "-keyout",
                        f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem", *more],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    make("ca", "A test's own")
    make("other", "Somebody else")
    make("leaf", NAME, "-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-addext",
         f"subjectAltName=DNS:{NAME}", "-addext", "basicConstraints=critical,CA:FALSE")


def bake(folder, name="nginxtls", **keys):
    """The image with the leaf's certificate: (path, what its /big.bin is)."""
    if not os.path.exists(f"{folder}/leaf.pem"):
        certificates(folder)
    big = os.urandom(BIG)
    files = {**nginx.PASSWD, **nginx.files({"index.html": b"x" * 612, "big.bin": big},
                                           http=HTTP, listen="443 ssl")}
    for n in ("leaf.pem", "leaf.key"):
        with open(f"{folder}/{n}", "rb") as f:
            files[f"nginx/conf/{n}"] = f.read()
    return program.bake(program.build("nginx"), name=name, files=files, **keys), big


def client():
    """A client for where there is no other (tests/programs/tlsget.c)."""
    libs = os.path.dirname(program.build("openssl", "openssl/libssl.a"))
    return program.compile(f"{program.ROOT}/tests/programs/tlsget.c",
                           f"-I{libs}/include", libs=["-L" + libs, "-lssl", "-lcrypto"])
